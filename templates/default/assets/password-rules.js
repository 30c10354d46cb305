/** Marks, while a new password is typed, which of its rules it follows already. The server decides; this only helps. */
(() => {
  'use strict';
  for (const list of document.querySelectorAll('[data-rules-of]')) {
    const input = document.getElementById(list.dataset.rulesOf);
    const items = [...list.querySelectorAll('[data-character]')].map((item) => ({
      item,
      character: new RegExp(item.dataset.character, 'gu'),
      least: Number(item.dataset.count),
    }));
    input?.addEventListener('input', () => {
      for (const { item, character, least } of items) {
        const isMet = (input.value.match(character) ?? []).length >= least;
        item.classList.toggle('rule-met', isMet);
        if (isMet) item.classList.remove('rule-failed');
        item.title = isMet ? list.dataset.met : '';
      }
    });
  }
})();
