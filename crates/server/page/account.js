// The page on which people who work here see and change what they sign in with. Whatever came from anywhere is shown as
// text, never as markup. Opening the page changes nothing.
'use strict';
(() => {
  const el = (id) => document.getElementById(id);
  const TEXTS = {
    en: {
      title: 'Your account', who: (who) => `You are signed in as ${who}.`, away: 'Sign out', passkeys: 'Passkeys',
      why: 'A passkey signs you in with your device: by its PIN, your finger or your face. It works on this site alone.',
      none_here: 'There are no passkeys here: ', no_browser: 'This browser makes no passkeys.',
      elsewhere: (host) => `Passkeys of this server are made and used at ${host}: open this page there.`,
      name: 'What to call the device', add: 'Add a passkey', made: (at) => `Added ${at}`, used: (at) => `last used ${at}`,
      unused: 'not used yet', synced: 'on all devices of its password manager',
      doubted: 'Somebody may have a copy of it, so that it signs nobody in any more. Remove it, and add it anew.',
      remove: 'Remove', sure: 'Really remove?', password: 'Password', has: 'You have a password, too.',
      has_none: 'You have no password, and sign in with a passkey alone.', remove_password: 'Remove the password',
      added: 'The passkey is there. You can sign in with it from now on.', removed: 'The passkey is removed.',
      cancelled: 'The device made no passkey: it was cancelled, it cannot make sure that it is you, or it has one already.',
      sessions: 'Where you are signed in', here: 'This browser', began: (at) => `since ${at}`, end: 'End', sure_end: 'Really end?',
      end_others: 'End all others', others_ended: 'All other sessions are over.', unknown: 'A browser that was not used of late',
      not_fresh: 'You signed in more than 15 minutes ago. Sign out and in again to change what you sign in with.',
      not_by_passkey: 'Sign in with a passkey first, so that it is sure that you can.',
      last: 'You sign in with this passkey and nothing else. Add another one first.',
      offline: 'There is no connection right now. Please try again.', failed: 'That did not work. Please try again.',
    },
    de: {
      title: 'Dein Konto', who: (who) => `Du bist als ${who} angemeldet.`, away: 'Abmelden', passkeys: 'Passkeys',
      why: 'Ein Passkey meldet dich mit deinem Ger\u00e4t an: mit seiner PIN, deinem Finger oder Gesicht. Er gilt nur f\u00fcr diese Seite.',
      none_here: 'Hier gibt es keine Passkeys: ', no_browser: 'Dieser Browser macht keine Passkeys.',
      elsewhere: (host) => `Passkeys dieses Servers werden unter ${host} gemacht und benutzt: \u00d6ffne diese Seite dort.`,
      name: 'Wie das Ger\u00e4t hei\u00dfen soll', add: 'Passkey hinzuf\u00fcgen', made: (at) => `Hinzugef\u00fcgt ${at}`,
      used: (at) => `zuletzt benutzt ${at}`, unused: 'noch nicht benutzt', synced: 'auf allen Ger\u00e4ten seines Passwortmanagers',
      doubted: 'Jemand k\u00f6nnte eine Kopie davon haben; er meldet niemanden mehr an. Entferne ihn und f\u00fcge ihn neu hinzu.',
      remove: 'Entfernen', sure: 'Wirklich entfernen?', password: 'Passwort', has: 'Du hast auch ein Passwort.',
      has_none: 'Du hast kein Passwort und meldest dich nur mit einem Passkey an.', remove_password: 'Passwort entfernen',
      added: 'Der Passkey ist da. Du kannst dich ab jetzt damit anmelden.', removed: 'Der Passkey ist entfernt.',
      cancelled: 'Das Ger\u00e4t hat keinen Passkey gemacht: Es wurde abgebrochen, es kann nicht pr\u00fcfen, dass du es bist, oder es hat schon einen.',
      sessions: 'Wo du angemeldet bist', here: 'Dieser Browser', began: (at) => `seit ${at}`, end: 'Beenden', sure_end: 'Wirklich beenden?',
      end_others: 'Alle anderen beenden', others_ended: 'Alle anderen Sitzungen sind beendet.', unknown: 'Ein Browser, der l\u00e4nger nicht benutzt wurde',
      not_fresh: 'Deine Anmeldung ist mehr als 15 Minuten her. Melde dich ab und neu an, um zu \u00e4ndern, womit du dich anmeldest.',
      not_by_passkey: 'Melde dich zuerst mit einem Passkey an, damit sicher ist, dass du es kannst.',
      last: 'Du meldest dich nur mit diesem Passkey an. F\u00fcge zuerst einen anderen hinzu.',
      offline: 'Gerade gibt es keine Verbindung. Bitte versuche es noch einmal.', failed: 'Das ging nicht. Bitte versuche es noch einmal.',
    },
  };
  const language = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => TEXTS[tag]) || 'en';
  const texts = TEXTS[language];
  let csrf = '';

  const say = (words) => { el('notice').textContent = words; el('notice').hidden = !words; };
  const make = (name, text, of = {}) => Object.assign(document.createElement(name), { textContent: text, ...of });
  const moment = (at) => new Date(at).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
  const send = async (method, path, body) => {
    const headers = method === 'GET' ? {} : { 'x-remit-csrf': csrf };
    if (body) headers['content-type'] = 'application/json';
    try {
      return await fetch(`/sign-in/v1/${path}`, {
        method, cache: 'no-store', credentials: 'same-origin', headers, body: body && JSON.stringify(body),
      });
    } catch {
      return null;
    }
  };
  const away = () => location.assign('/sign-in?return=/account');
  const refused = async (answer, otherwise = '') => {
    if (!answer) return say(texts.offline);
    if (answer.status === 401) return away();
    const problem = await answer.json().catch(() => ({}));
    say(texts[problem.code] || otherwise || problem.detail || texts.failed);
  };
  // What removes something asks once more.
  const asking = (button, words, act, sure = texts.sure) => {
    button.addEventListener('click', async () => {
      if (!button.dataset.sure) {
        button.dataset.sure = 'asked';
        button.textContent = sure;
        button.removeAttribute('aria-label');
        return;
      }
      button.disabled = true;
      await act();
      button.disabled = false;
      button.dataset.sure = '';
      button.textContent = words;
    });
  };
  const shown = (passkey) => {
    const item = make('li', '');
    item.dataset.id = passkey.id;
    const times = [texts.made(moment(passkey.made_at)), passkey.used_at ? texts.used(moment(passkey.used_at)) : texts.unused];
    if (passkey.synced) times.push(texts.synced);
    item.append(make('h3', passkey.name), make('p', times.join(', '), { className: 'quiet' }));
    if (passkey.doubted) item.append(make('p', texts.doubted));
    const button = make('button', texts.remove, { type: 'button', ariaLabel: `${texts.remove}: ${passkey.name}` });
    asking(button, texts.remove, async () => {
      const answer = await send('DELETE', `passkeys/${encodeURIComponent(passkey.id)}`);
      if (!answer || !answer.ok) return refused(answer, answer && answer.status === 409 ? texts.last : '');
      await look();
      say(texts.removed);
      el('title').focus();
    });
    const row = make('div', '', { className: 'buttons' });
    row.append(button);
    item.append(row);
    return item;
  };
  const session = (one) => {
    const item = make('li', '');
    item.dataset.id = one.id;
    const times = [texts.began(moment(one.started_at))];
    if (one.used_at) times.push(texts.used(moment(one.used_at)));
    if (one.address) times.push(one.address);
    item.append(make('h3', one.is_this ? texts.here : one.browser || texts.unknown), make('p', times.join(', '), { className: 'quiet' }));
    if (one.is_this) return item;
    const button = make('button', texts.end, { type: 'button', ariaLabel: `${texts.end}: ${one.browser || texts.unknown}` });
    asking(button, texts.end, async () => {
      const answer = await send('DELETE', `sessions/${encodeURIComponent(one.id)}`);
      if (!answer || (!answer.ok && answer.status !== 404)) return refused(answer);
      await look();
      el('title').focus();
    }, texts.sure_end);
    const row = make('div', '', { className: 'buttons' });
    row.append(button);
    item.append(row);
    return item;
  };
  const look = async () => {
    const answer = await send('GET', 'session');
    if (!answer) return say(texts.offline);
    if (!answer.ok) return away();
    csrf = (await answer.json()).csrf;
    const told = await send('GET', 'account');
    if (!told || !told.ok) return refused(told);
    const account = await told.json();
    el('who').textContent = texts.who(account.person);
    el('passkeys').replaceChildren(...account.passkeys.map(shown));
    const elsewhere = Boolean(account.passkey_host) && location.hostname !== account.passkey_host;
    el('why').textContent = account.no_passkeys ? texts.none_here + account.no_passkeys
      : elsewhere ? texts.elsewhere(account.passkey_host) : window.passkeys.there ? texts.why : texts.no_browser;
    el('add-form').hidden = Boolean(account.no_passkeys) || elsewhere || !window.passkeys.there;
    el('passkeys-section').hidden = false;
    el('password-said').textContent = account.password ? texts.has : texts.has_none;
    el('remove-password').hidden = !account.password || !account.passkeys.some((one) => !one.doubted);
    el('password-section').hidden = Boolean(account.no_passkeys) && !account.password;
    el('away').hidden = false;
    const sessions = await send('GET', 'sessions');
    if (!sessions || !sessions.ok) return refused(sessions);
    const all = await sessions.json();
    el('sessions').replaceChildren(...all.map(session));
    el('end-others').hidden = all.length < 2;
    el('sessions-section').hidden = false;
  };

  el('add-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    say('');
    el('add').disabled = true;
    try {
      const begun = await send('POST', 'passkeys/begin');
      if (!begun || !begun.ok) return refused(begun);
      const made = await window.passkeys.make((await begun.json()).public_key).catch(() => null);
      if (!made) return say(texts.cancelled);
      const answer = await send('POST', 'passkeys', { name: el('passkey-name').value.trim(), ...made });
      if (!answer || !answer.ok) return refused(answer);
      el('passkey-name').value = '';
      await look();
      say(texts.added);
      el('title').focus();
    } finally {
      el('add').disabled = false;
    }
  });
  asking(el('remove-password'), texts.remove_password, async () => {
    const answer = await send('DELETE', 'password');
    if (!answer || !answer.ok) return refused(answer);
    away();
  });

  el('end-others').addEventListener('click', async () => {
    const answer = await send('POST', 'sessions/end-others');
    if (!answer || !answer.ok) return refused(answer);
    await look();
    say(texts.others_ended);
    el('title').focus();
  });

  document.documentElement.lang = language;
  document.title = el('title').textContent = texts.title;
  el('passkeys-title').textContent = texts.passkeys;
  el('password-title').textContent = texts.password;
  el('passkey-name-label').textContent = texts.name;
  el('add').textContent = texts.add;
  el('remove-password').textContent = texts.remove_password;
  el('away').textContent = texts.away;
  el('sessions-title').textContent = texts.sessions;
  el('end-others').textContent = texts.end_others;
  look();
})();
