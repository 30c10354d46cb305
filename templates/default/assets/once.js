/** Sends each form once: a second press of any button is ignored until the answer came or did not come for a while. */
(() => {
  'use strict';
  const giveUpMs = 15_000;
  const showBusyMs = 400;
  const timers = new WeakMap();

  /** Buttons stay enabled: a disabled one would be left out of what is sent. */
  function release(form) {
    for (const timer of timers.get(form) ?? []) clearTimeout(timer);
    timers.delete(form);
    for (const button of form.querySelectorAll('button[aria-disabled]')) {
      button.removeAttribute('aria-disabled');
      if (button.dataset.idle) button.textContent = button.dataset.idle;
    }
  }

  for (const form of document.querySelectorAll('form[data-once]')) {
    form.addEventListener('submit', (event) => {
      if (timers.has(form)) {
        event.preventDefault();
        return;
      }
      const pressed = event.submitter;
      for (const button of form.querySelectorAll('button[type=submit]')) button.setAttribute('aria-disabled', 'true');
      const busy = setTimeout(() => {
        if (!pressed?.dataset.busy) return;
        pressed.dataset.idle = pressed.textContent;
        pressed.textContent = pressed.dataset.busy;
      }, showBusyMs);
      timers.set(form, [busy, setTimeout(() => release(form), giveUpMs)]);
    });
  }

  // Coming back with the browser's back button finds the page as it was left.
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll('form[data-once]')) release(form);
  });
})();
