// What a customer granted, to be limited or taken back by them. Whatever came from anywhere is shown as text, never as
// markup. Opening the page changes nothing.
'use strict';
(() => {
  const el = (id) => document.getElementById(id);
  const [title, all, notice] = ['title', 'delegations', 'notice'].map(el);
  const kept = sessionStorage;
  let secret = '';
  const OVER = 'This link is not valid any more. Please ask for a new one.';
  const OFFLINE = 'There is no connection right now. Please try again.';
  const say = (words) => { notice.textContent = words; notice.hidden = !words; };
  const make = (name, text, of = {}) => Object.assign(document.createElement(name), { textContent: text, ...of });
  const send = async (path, body) => {
    try {
      const answer = await fetch(`/delegations/v1/${path}`, {
        method: 'POST', credentials: 'omit', cache: 'no-store',
        headers: { 'content-type': 'application/json' }, body: JSON.stringify({ secret, ...body }),
      });
      return answer.status === 429 || answer.status >= 500 ? null : answer;
    } catch {
      return null;
    }
  };
  const over = () => {
    title.textContent = OVER;
    all.replaceChildren();
    title.focus();
  };
  // Whoever works with the keyboard, or is read to, is brought to what became of it.
  const change = async (path, body, name) => {
    for (const button of document.querySelectorAll('button')) button.disabled = true;
    const answer = await send(path, body);
    for (const button of document.querySelectorAll('button')) button.disabled = false;
    if (!answer) return say(OFFLINE);
    say('');
    if (answer.status === 410) return over();
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      return say(problem.detail ? `That did not work: ${problem.detail}.` : 'That did not work.');
    }
    await load();
    el(name)?.focus();
  };

  const field = (form, label, of) => {
    const line = make('label', `${label} `, { className: 'field' });
    const input = Object.assign(document.createElement('input'), of);
    line.append(input);
    form.append(line);
    return input;
  };
  const limiting = (one, texts) => {
    const form = document.createElement('form');
    form.hidden = true;
    const kinds = one.can.map((right) => {
      const line = make('label', '', { className: 'field' });
      const box = make('input', '', { type: 'checkbox', checked: true });
      line.append(box, ` ${right.text}`);
      form.append(line);
      return { right, box };
    });
    const unit = 10 ** one.decimals;
    const number = (label, most, step) => most && field(form, label, { type: 'number', max: most, min: step, step, value: most });
    const { max_amount: amount, max_total: total, max_count: count } = one.limited;
    const each = number(`${texts.amount} (${amount?.currency})`, amount && amount.minor / unit, 1 / unit);
    const sum = number(`${texts.total} (${total?.currency})`, total && total.minor / unit, 1 / unit);
    const times = number(texts.count, count, 1);
    const days = field(form, texts.days, { type: 'number', min: 1, max: 366, step: 1 });
    form.append(make('button', texts.save, { type: 'submit' }));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const left = (kind) => kinds.filter(({ right, box }) => right.kind === kind && box.checked).map(({ right }) => right.name);
      const body = { delegation: one.id, scopes: left('scope'), actions: left('action') };
      if (each) body.max_amount = Math.round(Number(each.value) * unit);
      if (sum) body.max_total = Math.round(Number(sum.value) * unit);
      if (times) body.max_count = Math.round(Number(times.value));
      if (days.value) body.days = Math.round(Number(days.value));
      change('narrow', body, one.id);
    });
    return form;
  };
  const list = (lines) => {
    const items = document.createElement('ul');
    items.className = 'lines';
    items.append(...lines.map((line) => make('li', line)));
    return items;
  };
  const shown = (one, texts) => {
    const item = document.createElement('li');
    item.dataset.state = one.state;
    item.append(make('h2', one.name, { id: one.id, tabIndex: -1 }), make('p', one.who));
    item.append(list([...one.can.map((right) => right.text), ...one.limits, ...(one.others || [])]), make('p', one.stands, { className: 'stands' }));
    item.append(make('h3', texts.done));
    if (!one.done.length) item.append(make('p', texts.nothing, { className: 'quiet' }));
    for (const done of one.done) {
      item.append(make('p', done.at, { className: 'quiet' }));
      if (done.text) item.append(make('p', done.text));
      if (done.requests.length) item.append(list(done.requests));
    }
    if (one.state === 'active') {
      const buttons = make('div', '', { className: 'buttons' });
      const form = limiting(one, texts);
      const limit = make('button', texts.limit, { type: 'button' });
      limit.setAttribute('aria-expanded', 'false');
      limit.addEventListener('click', () => {
        form.hidden = !form.hidden;
        limit.setAttribute('aria-expanded', String(!form.hidden));
      });
      const revoke = make('button', texts.revoke, { type: 'button' });
      revoke.addEventListener('click', () => change('revoke', { delegation: one.id }, one.id));
      buttons.append(limit, revoke);
      item.append(buttons, form);
    }
    return item;
  };
  const load = async () => {
    const answer = await send('read', { language: navigator.language });
    if (!answer) {
      say(OFFLINE);
      return void setTimeout(load, 3000);
    }
    if (!answer.ok) return over();
    say('');
    const told = await answer.json();
    document.title = told.organisation;
    el('organisation').textContent = told.organisation;
    title.textContent = told.title;
    all.replaceChildren(...told.delegations.map((one) => shown(one, told.texts)));
    all.dataset.ready = 'yes';
  };

  const enter = () => {
    const named = location.hash.slice(1);
    if (named) kept.setItem('delegations', named);
    secret = named || kept.getItem('delegations') || '';
    // The secret does not stay where it could be copied or seen.
    if (named) history.replaceState(null, '', location.pathname);
    if (!secret) return over();
    load();
  };
  addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload(); });
  enter();
})();
