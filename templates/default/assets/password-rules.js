/** Marks, while a new password is typed, which of its rules it follows already. The server decides; this only helps. */
(() => {
  'use strict';
  const counted = {
    min_length: (text) => [...text].length,
    capital_letters: (text) => (text.match(/\p{Lu}/gu) ?? []).length,
    lowercase_letters: (text) => (text.match(/\p{Ll}/gu) ?? []).length,
    digits: (text) => (text.match(/\p{Nd}/gu) ?? []).length,
    special_characters: (text) => (text.match(/[^\p{L}\p{Nd}\s]/gu) ?? []).length,
  };
  for (const list of document.querySelectorAll('[data-rules-of]')) {
    const input = document.getElementById(list.dataset.rulesOf);
    if (!input) continue;
    input.addEventListener('input', () => {
      for (const item of list.querySelectorAll('[data-rule]')) {
        const count = counted[item.dataset.rule];
        if (!count) continue;
        const met = count(input.value) >= Number(item.dataset.count);
        item.classList.toggle('rule-met', met);
        if (met) item.classList.remove('rule-failed');
        item.title = met ? list.dataset.met : '';
      }
    });
  }
})();
