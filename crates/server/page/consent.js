// What a customer is asked to let somebody else's program do for them. Whatever came from anywhere is shown as text,
// never as markup. Opening the page reads what is asked and changes nothing; only a press of a button answers.
'use strict';
(() => {
  const el = (id) => document.getElementById(id);
  const [title, asked, answers, notice] = ['title', 'asked', 'answers', 'notice'].map(el);
  const kept = sessionStorage;
  let secret = '';
  let shown = null;     // What is on the page, as it is answered.
  let since = 0;        // When the page was last looked at from, or 0 while it is hidden.
  let seen = 0;         // For how long it was before, in milliseconds.

  const OVER = 'This link is not valid any more: it was answered, or its time is over.';
  const OFFLINE = 'There is no connection right now. Please try again.';
  const say = (words) => { notice.textContent = words; notice.hidden = !words; };
  const send = async (path, body) => {
    try {
      const answer = await fetch(`/consent/v1/${path}`, {
        method: 'POST', credentials: 'same-origin', cache: 'no-store',
        headers: { 'content-type': 'application/json' }, body: JSON.stringify({ secret, ...body }),
      });
      return answer.status === 429 || answer.status >= 500 ? null : answer;
    } catch {
      return null;
    }
  };

  // ── For how long it is before whoever answers ─────────────────
  const look = () => {
    const now = performance.now();
    if (since) seen += now - since;
    since = document.hidden ? 0 : now;
  };
  document.addEventListener('visibilitychange', look);

  const list = (id, lines) => el(id).replaceChildren(...lines.map((line) => {
    const item = document.createElement('li');
    item.textContent = line;
    return item;
  }));
  // Whoever works with the keyboard, or is read to, hears what became of it.
  const over = (words) => {
    asked.hidden = answers.hidden = el('who').hidden = true;
    title.textContent = words;
    title.focus();
  };
  const show = (told) => {
    shown = told;
    document.title = told.organisation;
    for (const name of ['organisation', 'title', 'who', 'may', 'until', 'note', 'yes', 'no']) el(name).textContent = told[name];
    list('can', told.can);
    list('limits', told.limits);
    el('limits').hidden = !told.limits.length;
    asked.hidden = answers.hidden = el('who').hidden = false;
    look();
  };
  const load = async () => {
    const answer = await send('read', { language: navigator.language });
    if (!answer) {
      say(OFFLINE);
      return void setTimeout(load, 3000);
    }
    if (!answer.ok) return over(OVER);
    say('');
    show(await answer.json());
  };
  const give = (id, path, body, done) => el(id).addEventListener('click', async () => {
    look();
    el('yes').disabled = el('no').disabled = true;
    const answer = await send(path, body());
    el('yes').disabled = el('no').disabled = false;
    if (!answer) return say(OFFLINE);
    say('');
    if (answer.ok) {
      const { redirect } = await answer.json();
      over(done());
      if (redirect) location.assign(redirect);
      return;
    }
    if (answer.status === 410) return over(OVER);
    const problem = await answer.json().catch(() => ({}));
    say(problem.detail ? `That did not work: ${problem.detail}.` : 'That did not work.');
  });
  const watched = () => ({ hash: shown.hash, seen_ms: Math.min(Math.round(seen), 86400000) });
  give('yes', 'accept', watched, () => shown.granted);
  give('no', 'refuse', () => ({}), () => shown.refused);

  const enter = () => {
    const named = location.hash.slice(1);
    if (named) kept.setItem('consent', named);
    secret = named || kept.getItem('consent') || '';
    // The secret does not stay where it could be copied or seen.
    if (named) history.replaceState(null, '', location.pathname);
    if (!secret) return over(OVER);
    load();
  };
  addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload(); });
  enter();
})();
