// The customer's chat. Whatever came from anywhere is shown as text, never as markup.
'use strict';
(() => {
  const el = (id) => document.getElementById(id);
  const [log, list, form, text, notice, human] = ['log', 'messages', 'form', 'text', 'notice', 'human'].map(el);
  const [call, picking, day, time] = ['call', 'callback', 'callback-day', 'callback-time'].map(el);
  const questions = el('asked');
  const kept = sessionStorage;
  let chat = '';          // Which chat this page is for: each request names it.
  const FILE_MAX = 5 * 1024 * 1024;
  let last = 0;           // The place of the newest message shown.
  let stream = null;
  let status = { state: 'new' };
  let another = false;    // Whether what is written next begins another request.
  let unread = 0;
  let title = 'Chat';
  let tries = 0;
  let sending = false;
  let atEnd = true;       // Whether the newest message is in view, and stays so.

  const make = (tag, className, content) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (content !== undefined) node.textContent = content;
    return node;
  };
  const key = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
  const say = (words) => { notice.textContent = words; notice.hidden = !words; };
  const clock = (at) => {
    const day = at.toDateString() === new Date().toDateString() ? {} : { day: 'numeric', month: 'short' };
    return at.toLocaleString([], { ...day, hour: '2-digit', minute: '2-digit' });
  };
  const SLOW = 'Too much is going on at once. What you write is kept, and sent in a moment.';
  const until = (said) => (said.by ? `${said.text} by ${clock(new Date(said.by))}.` : said.text);
  const OFFLINE = 'There is no connection. What you write is kept, and sent once there is one.';
  let trouble = OFFLINE;  // Why the server could not be asked.
  const ENDED = 'This chat link is not valid any more. Go back to where you found it for a new one.';

  // Asks the server; null where it cannot be reached or cannot answer now, and then it may be asked again.
  const at = (path) => `/chat/v1/${chat}/${path}`;
  const ask = async (address, body, headers) => {
    const request = body === undefined ? {} : { method: 'POST', headers, body };
    try {
      const answer = await fetch(address, { credentials: 'same-origin', cache: 'no-store', ...request });
      trouble = SLOW;
      return answer.status === 429 || answer.status >= 500 ? null : answer;
    } catch {
      trouble = OFFLINE;
      return null;
    }
  };
  const write = (path, content, once) =>
    ask(at(path), JSON.stringify(content), { 'content-type': 'application/json', 'idempotency-key': once });
  const why = async (answer) => {
    const problem = await answer.json().catch(() => ({}));
    return problem.detail ? `That did not work: ${problem.detail}.` : 'That did not work.';
  };
  const end = () => {
    if (stream) stream.close();
    say(ENDED);
    form.hidden = human.hidden = call.hidden = el('solved').hidden = el('closed').hidden = picking.hidden = questions.hidden = true;
    el('status').hidden = true;
  };

  // ── What is shown ─────────────────────────────────────────────
  const fileName = (file) => {
    const kind = { 'application/pdf': 'PDF', 'text/plain': 'Text file' }[file.media_type] || 'Picture';
    const size = file.bytes < 1e6 ? `${Math.ceil(file.bytes / 1024)} kB` : `${(file.bytes / 1048576).toFixed(1)} MB`;
    return `${kind}, ${size}`;
  };
  const shownFile = (file) => {
    const link = make('a', 'file');
    link.href = at(`attachments/${file.id}`);
    link.download = '';
    if (file.media_type.startsWith('image/')) {
      const picture = make('img');
      picture.src = link.href;
      picture.alt = '';
      picture.loading = 'lazy';
      link.append(picture);
    }
    link.append(fileName(file));
    return link;
  };
  const who = (message) => {
    const by = make('p', 'who');
    const name = message.author === 'you' ? 'You' : message.name || '';
    by.append(make('span', 'name', name));
    if (['ai', 'delegate'].includes(message.author)) {
      const badge = make('span', 'badge', 'AI');
      badge.title = message.author === 'ai' ? 'An AI wrote this' : 'Your AI agent wrote this for you';
      by.append(' ', badge);
    }
    const time = make('time', '', clock(new Date(message.at)));
    time.dateTime = message.at;
    by.append(' ', time);
    return by;
  };
  const show = (message) => {
    if (message.seq <= last) return;
    last = message.seq;
    const known = ['you', 'ai', 'person', 'delegate'].includes(message.author);
    const item = make('li', known ? message.author : 'remit');
    item.dataset.seq = message.seq;
    if (known) item.append(who(message));
    if (message.text === null) item.append(make('p', 'text gone', 'These words were erased.'));
    else if (message.text) item.append(make('p', 'text', until(message)));
    for (const file of message.attachments || []) item.append(shownFile(file));
    list.append(item);
    if (message.author === 'you') settle(message.text);
    if (message.author === 'you') atEnd = true;
    if (document.hidden && message.author !== 'you') {
      unread += 1;
      document.title = `(${unread}) ${title}`;
    }
  };
  const keepEnd = new ResizeObserver(() => { if (atEnd) log.scrollTop = log.scrollHeight; });
  keepEnd.observe(log);
  keepEnd.observe(list);
  log.addEventListener('scroll', () => { atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80; });
  const tell = (now) => {
    status = now;
    el('status').dataset.state = now.state;
    el('who').textContent = until(now);
    const closed = now.state === 'closed';
    if (!closed) {
      another = false;
      el('rate').hidden = false;
    }
    showAsked(now.asked || []);
    const focus = document.activeElement;
    human.hidden = !now.can_ask_human;
    call.hidden = !now.callback;
    call.textContent = now.callback || '';
    if (!now.callback) picking.hidden = true;
    el('solved').hidden = !now.can_confirm;
    el('attach').hidden = now.state === 'new' || closed;
    const asks = closed && !another;
    form.hidden = asks;
    el('closed').hidden = !asks;
    // Who works with the keyboard does not lose their place with what goes.
    if (focus !== document.body && focus.closest('[hidden]')) (asks ? log : text).focus();
  };

  // ── What is sent: kept with its key until the server has it, so that nothing is lost and nothing said twice ──
  const pending = () => JSON.parse(kept.getItem('pending') || 'null');
  const settle = (words) => {
    const waits = pending();
    if (waits && (words === undefined || waits.text === words)) el('pending').hidden = true;
  };
  const deliver = async () => {
    const waits = pending();
    if (!waits || sending) return;
    sending = true;
    el('send').disabled = true;
    el('pending-text').textContent = waits.text;
    el('pending').hidden = false;
    const answer = await write('messages', { text: waits.text, another: waits.another }, waits.key);
    sending = false;
    el('send').disabled = false;
    if (!answer) {
      tries += 1;
      say(trouble);
      setTimeout(deliver, Math.min(1000 * 2 ** tries, 15000));
      return;
    }
    tries = 0;
    kept.removeItem('pending');
    el('pending').hidden = true;
    if (answer.status === 401) return end();
    if (answer.ok) return say('');
    // Refused for good: the words go back to where they can be changed.
    text.value = text.value || waits.text;
    say(await why(answer));
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const words = text.value;
    if (!words.trim() || pending()) return;
    kept.setItem('pending', JSON.stringify({ key: key(), text: words, another }));
    kept.removeItem('draft');
    text.value = '';
    deliver();
    text.focus();
  });
  text.addEventListener('input', () => kept.setItem('draft', text.value));
  text.addEventListener('keydown', (event) => {
    const plain = event.key === 'Enter' && !event.shiftKey && !event.isComposing;
    if (plain && !matchMedia('(pointer: coarse)').matches) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  const press = (button, path, content, after) => {
    let once = null;
    let busy = false;
    button.addEventListener('click', async () => {
      if (busy) return;
      once = once || key();
      busy = true;
      const answer = await write(path, content, once);
      busy = false;
      if (!answer) return say('That did not go through. Please try again.');
      once = null;
      if (answer.status === 401) return end();
      say(answer.ok ? '' : await why(answer));
      if (answer.ok && after) after();
    });
  };
  press(human, 'human', {});
  press(el('solved'), 'feedback', { solved: true });
  press(el('reopen'), 'feedback', { solved: false });
  for (const satisfaction of [1, 2, 3, 4, 5]) {
    const rate = make('button', '', satisfaction);
    rate.type = 'button';
    el('rate').append(rate);
    press(rate, 'feedback', { satisfaction }, () => {
      el('rate').hidden = true;
      el('another').focus();
    });
  }
  el('another').addEventListener('click', () => {
    another = true;
    tell(status);
    text.focus();
  });
  let uploading = false;
  el('attach').addEventListener('click', () => { if (!uploading) el('file').click(); });
  el('file').addEventListener('change', async () => {
    const file = el('file').files[0];
    el('file').value = '';
    if (!file) return;
    if (file.size > FILE_MAX) return say('The file is too large: 5 MB is the most.');
    uploading = true;
    say('');
    const answer = await ask(at('attachments'), file, { 'content-type': file.type, 'idempotency-key': key() });
    uploading = false;
    if (!answer) return say('The file did not go through. Please try again.');
    if (answer.status === 401) return end();
    say(answer.ok ? '' : await why(answer));
    text.focus();
  });

  // ── What waits for a yes or a no: both weigh the same, and nothing is answered but by a press ──
  const cards = new Map();  // Each request on the page, with its card and for how long it was before the customer.
  const look = () => {
    const now = performance.now();
    for (const card of cards.values()) {
      if (card.since) card.seen += now - card.since;
      card.since = document.hidden ? 0 : now;
    }
  };
  document.addEventListener('visibilitychange', look);
  const keys = new Map();   // What was sent, with its key: sent again, it is the same.
  let answering = false;    // The focus stays where it was pressed until it is known what became of it.
  const answerAsked = async (path, ids) => {
    if (answering) return;
    look();
    const listed = ids.filter((id) => cards.has(id));
    const what = `${path} ${listed.join(' ')}`;
    keys.set(what, keys.get(what) || key());
    const seen = Math.min(...listed.map((id) => cards.get(id).seen), 86400000);
    const requests = listed.map((id) => ({ request: id, hash: cards.get(id).hash }));
    answering = true;
    const answer = await write(`requests/${path}`, { requests, seen_ms: Math.round(seen) }, keys.get(what));
    answering = false;
    if (!answer) return say('That did not go through. Please try again.');
    keys.delete(what);
    if (answer.status === 401) return end();
    say(answer.ok ? '' : await why(answer));
    if (answer.ok) listed.forEach(drop);
    else loadAsked();
  };
  const answersBy = (button, path, ids) => button.addEventListener('click', () => answerAsked(path, ids()));
  const drop = (id) => {
    const inside = questions.contains(document.activeElement);
    const card = cards.get(id);
    cards.delete(id);
    if (card) card.node.remove();
    tidyAsked();
    // Who works with the keyboard does not lose their place with what goes.
    if (inside) (questions.hidden ? (form.hidden ? log : text) : questions.querySelector('button')).focus();
  };
  const tidyAsked = () => {
    questions.hidden = !cards.size;
    el('asked-all').hidden = cards.size < 2;
  };
  const button = (words) => {
    const made = make('button', '', words);
    made.type = 'button';
    return made;
  };
  const addCard = (one, words) => {
    const node = make('li');
    const title = make('h3', '', one.title);
    title.id = `title-${one.request}`;
    const answers = make('div', 'answers');
    const [yes, no] = [button(words.yes), button(words.no)];
    answersBy(yes, 'confirm', () => [one.request]);
    answersBy(no, 'decline', () => [one.request]);
    const exactly = make('p', '', one.text);
    exactly.id = `text-${one.request}`;
    for (const made of [yes, no]) made.setAttribute('aria-describedby', `${title.id} ${exactly.id}`);
    answers.append(yes, no);
    const code = make('p');
    node.append(title, exactly, make('p', 'quiet', one.asked_by), code, make('p', 'quiet', one.until), answers);
    el('asked-list').append(node);
    cards.set(one.request, { node, code, hash: one.hash, seen: 0, since: document.hidden ? 0 : performance.now() });
  };
  answersBy(el('asked-yes'), 'confirm', () => [...cards.keys()]);
  answersBy(el('asked-no'), 'decline', () => [...cards.keys()]);
  let asking = 0;
  const loadAsked = async () => {
    const mine = asking += 1;
    const answer = await ask(at('requests'));
    if (mine !== asking) return;
    if (!answer) return void setTimeout(() => { if (mine === asking) loadAsked(); }, 3000);
    if (!answer.ok) return;
    const told = await answer.json();
    const there = new Set(told.requests.map((one) => one.request));
    for (const id of [...cards.keys()]) if (!there.has(id)) drop(id);
    if (told.texts) {
      el('asked-title').textContent = told.texts.ask;
      el('asked-yes').textContent = told.texts.yes_all;
      el('asked-no').textContent = told.texts.no_all;
    }
    el('asked-more').textContent = told.texts?.more || '';
    el('asked-more').hidden = !told.texts?.more;
    for (const one of told.requests) {
      if (!cards.has(one.request)) addCard(one, told.texts);
      // A delegate may tell its code after the request was shown.
      const { code } = cards.get(one.request);
      if (code.textContent !== (one.code || '')) code.textContent = one.code || '';
      code.hidden = !one.code;
    }
    tidyAsked();
  };
  const showAsked = (ids) => {
    if (ids.length || cards.size) loadAsked();
  };

  // ── A call: the times are those of the desk that has the case, and all words are the server's ──
  let days = [];
  const option = (value, title) => {
    const made = make('option', '', title);
    made.value = value;
    return made;
  };
  const fillTimes = () => time.replaceChildren(...days[day.selectedIndex].times.map((one) => option(one.at, one.title)));
  const leave = () => {
    picking.hidden = true;
    (call.hidden ? text : call).focus();
  };
  call.addEventListener('click', async () => {
    const answer = await ask(at('callback'));
    if (!answer) return say('That did not go through. Please try again.');
    if (answer.status === 401) return end();
    if (!answer.ok) return say(await why(answer));
    const times = await answer.json();
    days = times.days;
    if (!days.length) return say(times.texts.none);
    say('');
    for (const [part, words] of [
      ['when', times.texts.when], ['day-label', times.texts.day], ['time-label', times.texts.time],
      ['confirm', times.texts.confirm], ['cancel', times.texts.cancel], ['keep', times.texts.keep],
    ]) el(`callback-${part}`).textContent = words;
    day.replaceChildren(...days.map((one) => option(one.date, one.title)));
    fillTimes();
    el('callback-cancel').hidden = !times.at;
    picking.hidden = false;
    day.focus();
  });
  day.addEventListener('change', fillTimes);
  let asked = null;   // What was asked for, with its key: asked again, it is the same.
  picking.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (el('callback-confirm').disabled) return;
    if (!asked || asked.at !== time.value) asked = { at: time.value, key: key() };
    el('callback-confirm').disabled = true;
    const answer = await write('callback', { at: asked.at }, asked.key);
    el('callback-confirm').disabled = false;
    if (!answer) return say('That did not go through. Please try again.');
    asked = null;
    if (answer.status === 401) return end();
    say(answer.ok ? '' : await why(answer));
    if (answer.ok) leave();
  });
  press(el('callback-cancel'), 'callback/end', {}, leave);
  el('callback-keep').addEventListener('click', leave);
  picking.addEventListener('keydown', (event) => { if (event.key === 'Escape') leave(); });

  // ── What comes ────────────────────────────────────────────────
  const follow = () => {
    stream = new EventSource(at(`events?after=${last}`));
    stream.addEventListener('message', (event) => show(JSON.parse(event.data)));
    stream.addEventListener('status', (event) => tell(JSON.parse(event.data)));
    stream.addEventListener('open', () => { if (!pending()) say(''); });
    stream.addEventListener('error', () => {
      // The browser comes back by itself, unless it was refused.
      if (stream.readyState === EventSource.CLOSED) setTimeout(load, 2000);
      else if (!navigator.onLine) say(OFFLINE);
    });
  };
  const load = async () => {
    if (stream) stream.close();
    const answer = await ask(at(`conversation?after=${last}`));
    if (!answer) {
      say(trouble);
      return void setTimeout(load, 3000);
    }
    if (!answer.ok) return end();
    const conversation = await answer.json();
    title = conversation.organisation;
    el('organisation').textContent = document.title = title;
    conversation.messages.forEach(show);
    tell(conversation.status);
    say('');
    follow();
    deliver();
  };
  const enter = async () => {
    const named = location.hash.slice(1);
    if (named.startsWith('chat_')) {
      chat = named;
    } else {
      const answer = await ask('/chat/v1/session', JSON.stringify({ secret: named }), { 'content-type': 'application/json' });
      if (!answer) {
        say(trouble);
        return void setTimeout(enter, 3000);
      }
      if (answer.ok) chat = (await answer.json()).chat;
      // The secret does not stay where it could be copied or seen; which chat it is does.
      history.replaceState(null, '', `${location.pathname}${chat && `#${chat}`}`);
      if (!answer.ok) return end();
      const check = await ask(at('conversation'));
      if (check && check.status === 401) {
        form.hidden = true;
        return say('Your browser kept no session. Allow cookies for this page, and open it by https.');
      }
    }
    // What another customer left in this tab is not said for this one.
    if (kept.getItem('chat') !== chat) kept.clear();
    kept.setItem('chat', chat);
    text.value = kept.getItem('draft') || '';
    await load();
    if (!matchMedia('(pointer: coarse)').matches && !form.hidden) text.focus();
  };
  addEventListener('online', () => { say(''); deliver(); });
  addEventListener('offline', () => say(OFFLINE));
  addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload(); });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    unread = 0;
    document.title = title;
  });
  enter();
})();
