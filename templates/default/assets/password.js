/** Lets a person see the password being typed; hides it again before it is sent, so that browsers do not keep it as text. */
(() => {
  'use strict';
  for (const button of document.querySelectorAll('button[data-password]')) {
    const input = document.getElementById(button.dataset.password);
    const state = document.getElementById(`${button.dataset.password}-state`);
    if (!input) continue;

    const show = (visible) => {
      input.type = visible ? 'text' : 'password';
      button.textContent = visible ? button.dataset.hide : button.dataset.show;
      button.setAttribute('aria-label', visible ? button.dataset.hideLabel : button.dataset.showLabel);
    };
    button.addEventListener('click', () => {
      const visible = input.type === 'password';
      show(visible);
      if (state) state.textContent = visible ? button.dataset.shown : button.dataset.hidden;
    });
    input.form?.addEventListener('submit', () => show(false));
    button.hidden = false;
  }
})();
