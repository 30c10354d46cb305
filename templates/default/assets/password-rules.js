/** Marks, while a new password is typed, which of its rules it follows already. The server decides; this only helps. */
(() => {
  'use strict';
  /** As the server rates: what comes after so many characters changes nothing. */
  const longestRated = 48;
  const mostSubstitutions = 10;
  /** Milliseconds of quiet after which a password is rated, and after which it is told to those who listen. */
  const pause = { rate: 150, tell: 800 };

  /** One for the page, loaded when it is first needed. Undefined where it cannot be. */
  let meter;
  const meterFrom = (address) =>
    new Promise((resolve) => {
      const script = document.createElement('script');
      script.src = address;
      script.addEventListener('error', () => resolve(undefined));
      script.addEventListener('load', () => {
        const { core, 'language-common': common, 'language-en': english } = window.zxcvbnts;
        resolve(
          new core.ZxcvbnFactory({
            dictionary: { ...common.dictionary, ...english.dictionary },
            graphs: common.adjacencyGraphs,
            maxLength: longestRated,
            l33tMaxSubstitutions: mostSubstitutions,
          }),
        );
      });
      document.head.append(script);
    });

  /** Whoever knows the person tries these first. */
  const wordsIn = (form) => {
    const named = form?.querySelector('[autocomplete~="username"]')?.value.toLowerCase() ?? '';
    return [named, ...named.split('@'), ...named.split(/[^\p{L}\p{N}]+/u)].filter((word) => word.length > 1);
  };

  const after = (wait, work) => {
    let timer;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(work, wait);
    };
  };

  for (const list of document.querySelectorAll('[data-rules-of]')) {
    const input = document.getElementById(list.dataset.rulesOf);
    if (!input) continue;
    const state = document.getElementById(list.dataset.state);
    const rated = list.querySelector('[data-score]');
    const counted = [...list.querySelectorAll('[data-character]')].map((item) => ({
      item,
      character: new RegExp(item.dataset.character, 'gu'),
      least: Number(item.dataset.count),
    }));

    const mark = (item, isMet) => {
      item.classList.toggle('rule-met', isMet);
      item.classList.toggle('rule-open', !isMet);
      item.classList.remove('rule-failed');
    };
    const tell = after(pause.tell, () => {
      const open = [...list.querySelectorAll('.rule-open')].map((item) => item.textContent.trim());
      if (state) state.textContent = open.length === 0 ? list.dataset.met : `${list.dataset.open} ${open.join('; ')}`;
    });
    const rate = after(pause.rate, async () => {
      meter ??= meterFrom(list.dataset.meter);
      const zxcvbn = await meter;
      if (!zxcvbn) return;
      const { score } = zxcvbn.check(input.value.slice(0, longestRated), wordsIn(input.form));
      mark(rated, score >= Number(rated.dataset.score));
      tell();
    });

    input.addEventListener('input', () => {
      for (const { item, character, least } of counted)
        mark(item, (input.value.match(character) ?? []).length >= least);
      if (rated) rate();
      tell();
    });
  }
})();
