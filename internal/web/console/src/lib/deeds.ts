import { next } from './alerts';
import { post, Refused } from './api';
import type { Desk } from './desk.svelte';
import { download, pack } from './export';
import type { Deed } from './keys';
import type { Alert, PictureEvent } from './types';

/** Sends a command about the selected alert. It is refused if somebody changed the alert since we saw it, and then we see what they did. */
export async function command(desk: Desk, name: string, body: Record<string, unknown> = {}): Promise<boolean> {
  const a = desk.current;
  if (!a || desk.replay) return false;
  return send(desk, `/api/v1/alerts/${encodeURIComponent(a.alert.id)}/${name}`, name, { by: desk.by, ...body }, a.alert);
}

/** Sends a command about a track. */
export function trackCommand(desk: Desk, track: string, name: 'split' | 'friendly', body: Record<string, unknown> = {}): Promise<boolean> {
  return send(desk, `/api/v1/tracks/${encodeURIComponent(track)}/${name}`, name, { by: desk.by, ...body });
}

/** What people have done with an alert. Nobody acts over another one's head; what sensors add meanwhile is nobody's. */
const answers = (a: Alert): string => JSON.stringify([a.acked_by, a.owner, a.shelf, a.verdict, a.resolved_by]);
const patience = 10; // times that sensors may be faster

async function send(desk: Desk, path: string, name: string, body: unknown, seen?: Alert, tries = 0): Promise<boolean> {
  const { texts } = desk;
  try {
    const event = await post<PictureEvent>(path, body, seen?.revision);
    if (event?.alert) desk.answered(event);
    desk.say(texts.t('done', { what: texts.name('', name) }));
    return true;
  } catch (e) {
    if (e instanceof Refused && e.status === 409) {
      if (e.alert) desk.answered(e.alert);
      const now = e.alert?.alert;
      if (seen && now && now.revision !== seen.revision && answers(now) === answers(seen) && tries < patience) return send(desk, path, name, body, now, tries + 1);
      desk.say(texts.t('conflict', { what: e.message }), true);
    } else if (e instanceof Refused && [404, 405].includes(e.status)) {
      desk.say(texts.t('notServed'), true);
    } else {
      desk.say(texts.t('refused', { why: e instanceof Error ? e.message : String(e) }), true);
    }
    return false;
  }
}

/** Runs something that needs a name beside it, after asking for the name if there is none yet. */
export function signed(desk: Desk, then: () => void): void {
  if (desk.by) then();
  else desk.dialog = { kind: 'who', then };
}

const before = 2 * 60_000; // ms of a replay before and after what happened
const step = 10_000;

/** Does what a key or a button asks for. */
export function run(desk: Desk, deed: Deed): void {
  const ask = (kind: 'shelve' | 'assign' | 'comment' | 'resolve') => {
    if (desk.current && !desk.replay) signed(desk, () => (desk.dialog = { kind }));
  };
  switch (deed) {
    case 'next':
      return move(desk, next(desk.alertsByState.open, desk.selected));
    case 'down':
      return move(desk, beside(desk, 1));
    case 'up':
      return move(desk, beside(desk, -1));
    case 'open':
      return desk.opened ? desk.closeIncident() : desk.openIncident();
    case 'ack':
      if (desk.current && !desk.replay) signed(desk, () => void command(desk, 'ack'));
      return;
    case 'shelve':
      if (desk.current?.alert.state === 'shelved') return signed(desk, () => void command(desk, 'unshelve'));
      return ask('shelve');
    case 'assign':
    case 'comment':
    case 'resolve':
      return ask(deed);
    case 'centre':
      return centre(desk);
    case 'replay':
      return past(desk);
    case 'export':
      return void save(desk);
    default:
      return screen(desk, deed);
  }
}

function screen(desk: Desk, deed: Deed): void {
  switch (deed) {
    case 'live':
    case 'sensors':
    case 'handover':
      return desk.go(deed);
    case 'fit':
      desk.fit++;
      return;
    case 'sound':
      return sound(desk);
    case 'dim':
      return desk.set('dim', String((desk.dim + 1) % 3));
    case 'language':
      return desk.set('lang', desk.lang === 'en' ? 'fr' : 'en');
    case 'clock':
      return desk.set('clock', desk.utc ? 'local' : 'utc');
    case 'symbols':
      return desk.set('symbols', desk.plainSymbols ? 'military' : 'plain');
    case 'help':
      desk.dialog = desk.dialog?.kind === 'help' ? undefined : { kind: 'help' };
      return;
    case 'close':
      return close(desk);
    case 'play':
      if (desk.replay) desk.replay.playing = !desk.replay.playing;
      return;
    case 'back':
    case 'forward':
      desk.replay?.seek(desk.replay.at + (deed === 'back' ? -step : step));
  }
}

function move(desk: Desk, id: string | undefined): void {
  if (!id) return;
  desk.select(id);
  centre(desk);
}

function beside(desk: Desk, by: number): string | undefined {
  const { open, acknowledged } = desk.alertsByState;
  const all = [...open, ...acknowledged];
  const at = all.findIndex((a) => a.alert.id === desk.selected);
  return all[Math.min(Math.max(at + by, 0), all.length - 1)]?.alert.id;
}

function centre(desk: Desk): void {
  const a = desk.current?.alert;
  if (a && (a.lat || a.lon)) desk.centre = { lat: a.lat, lon: a.lon, n: (desk.centre?.n ?? 0) + 1 };
}

function past(desk: Desk): void {
  if (desk.replay) return desk.backToLive();
  const at = Date.parse(desk.current?.alert.time ?? '') || desk.now - before;
  void desk.showPast(at - before, Math.min(at + before, Math.max(desk.now, at + 1000)));
}

/** Off, or on again; a browser lets it sound only after this. */
function sound(desk: Desk): void {
  const wanted = desk.muted || !desk.sound.armed;
  desk.set('sound', wanted ? 'on' : 'off');
  if (wanted) void desk.sound.arm().then((armed) => (desk.armed = armed));
}

function close(desk: Desk): void {
  if (desk.dialog) desk.dialog = undefined;
  else if (desk.opened) desk.closeIncident();
  else if (desk.replay) desk.backToLive();
  else if (desk.track) {
    desk.track = undefined;
    desk.remember();
  } else desk.select(undefined);
}

async function save(desk: Desk): Promise<void> {
  const a = desk.current;
  if (!a) return;
  const incident = desk.incident ?? { alert: { type: 'alert', time: a.alert.updated, sector: a.sector, alert: a.alert }, crossing: null, tracks: [], detections: [] };
  try {
    const map = await desk.mapPicture?.();
    const name = `incident-${a.alert.id.replace(/[^\w-]/g, '_').slice(0, 40)}`;
    download(`${name}.zip`, await pack(incident, map, desk.colourOf, desk.texts));
  } catch (e) {
    desk.say(desk.texts.t('failed', { why: e instanceof Error ? e.message : String(e) }), true);
  }
}
