// What a customer is asked by a link. Whatever came from anywhere is shown as text, never as markup. Opening the page
// reads what is asked and changes nothing; only a press of a button answers.
'use strict';
(() => {
  const el = (id) => document.getElementById(id);
  const [list, ask, answers, notice] = ['requests', 'ask', 'answers', 'notice'].map(el);
  const kept = sessionStorage;
  let secret = '';
  let shown = [];       // The requests on the page, as they are answered.
  let since = 0;        // When the page was last looked at from, or 0 while it is hidden.
  let seen = 0;         // For how long it was before, in milliseconds.
  let tries = 0;

  const OVER = 'This link is not valid any more: its time is over, or another one took its place. Nothing is done by it.';
  const OFFLINE = 'There is no connection right now. Please try again.';
  const say = (words) => { notice.textContent = words; notice.hidden = !words; };
  const make = (tag, className, content) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.textContent = content;
    return node;
  };
  const send = async (path, body) => {
    try {
      const answer = await fetch(`/confirm/v1/${path}`, {
        method: 'POST', credentials: 'omit', cache: 'no-store',
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

  const card = (one) => {
    const item = document.createElement('li');
    if (one.became) {
      item.append(make('p', '', one.became));
      return item;
    }
    item.append(make('h2', '', one.title), make('p', '', one.text), make('p', 'quiet', one.asked_by));
    if (one.code) item.append(make('p', '', one.code));
    item.append(make('p', 'quiet', one.until));
    return item;
  };
  const over = () => {
    answers.hidden = ask.hidden = true;
    list.replaceChildren();
    el('organisation').textContent = OVER;
  };
  // What was answered goes on by itself: it is read again until nothing more is expected soon.
  const show = (told) => {
    el('organisation').textContent = document.title = told.organisation;
    ask.textContent = told.texts.ask;
    list.replaceChildren(...told.requests.map(card));
    // What was answered elsewhere is shown with what became of it; the others can still be answered.
    const waiting = told.requests.filter((one) => !one.became);
    if (waiting.length && !shown.length) look();
    shown = waiting.map(({ request, hash }) => ({ request, hash }));
    const several = shown.length > 1;
    el('yes').textContent = several ? told.texts.yes_all : told.texts.yes;
    el('no').textContent = several ? told.texts.no_all : told.texts.no;
    ask.hidden = answers.hidden = !shown.length;
  };
  const load = async () => {
    const answer = await send('requests', {});
    if (!answer) {
      say(OFFLINE);
      return void setTimeout(load, 3000);
    }
    if (!answer.ok) return over();
    say('');
    show(await answer.json());
  };
  const follow = () => {
    tries += 1;
    if (tries <= 8) setTimeout(async () => { await load(); follow(); }, 500 * tries);
  };
  const give = (button, path) => button.addEventListener('click', async () => {
    look();
    el('yes').disabled = el('no').disabled = true;
    const answer = await send(path, { requests: shown, seen_ms: Math.min(Math.round(seen), 86400000) });
    el('yes').disabled = el('no').disabled = false;
    if (!answer) return say(OFFLINE);
    if (!answer.ok && answer.status !== 410) {
      const problem = await answer.json().catch(() => ({}));
      await load();
      return say(problem.detail ? `That did not work: ${problem.detail}.` : 'That did not work.');
    }
    await load();
    // Whoever works with the keyboard, or is read to, hears what became of it.
    el('organisation').focus();
    follow();
  });
  give(el('yes'), 'confirm');
  give(el('no'), 'decline');

  const enter = () => {
    const named = location.hash.slice(1);
    if (named) kept.setItem('link', named);
    secret = named || kept.getItem('link') || '';
    // The secret does not stay where it could be copied or seen.
    if (named) history.replaceState(null, '', location.pathname);
    if (!secret) return over();
    load();
  };
  addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload(); });
  enter();
})();
