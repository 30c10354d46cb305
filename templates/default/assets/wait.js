/** Counts down until trying again makes sense, and keeps the button from being pressed before. */
(() => {
  'use strict';
  for (const control of document.querySelectorAll('[data-wait]')) {
    const until = Date.now() + Number(control.dataset.wait) * 1000;
    const text = document.getElementById(control.dataset.waitText);
    const refuse = (event) => event.preventDefault();
    control.addEventListener('click', refuse);
    control.setAttribute('aria-disabled', 'true');

    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      if (text) text.textContent = left > 0 ? text.dataset.text.replace('{seconds}', String(left)) : '';
      if (left > 0) {
        setTimeout(tick, 250);
        return;
      }
      control.removeEventListener('click', refuse);
      control.removeAttribute('aria-disabled');
    };
    tick();
  }
})();
