import { format, parse, type Address } from './address';
import { arrange, flooded, oldest, rate, section } from './alerts';
import { get, maybe, read } from './api';
import { palette } from './colours';
import { Picture, type LiveAlert, type LiveSensor } from './picture';
import { Replay } from './replay.svelte';
import { Sound } from './sound';
import { Feed, type Message } from './sse';
import { Texts, type Lang } from './text';
import type { Alert, Coverage, Incident, Kpi, PictureEvent, Site, Status } from './types';

export type Link = 'loading' | 'live' | 'late' | 'lost';
export type Dialog = { kind: 'who' | 'shelve' | 'assign' | 'comment' | 'resolve' | 'help'; then?: () => void };

const poll = 2000; // ms between questions for the status: what a stale screen is known by
const late = 5000;
const lost = 9000;
const kept = (name: string): string => localStorage.getItem(`cutline.${name}`) ?? '';
const keep = (name: string, value: string): void => localStorage.setItem(`cutline.${name}`, value);

/** Everything that one operator's screen knows. Components read it and call it; nothing else holds state. */
export class Desk {
  readonly live = new Picture();
  readonly sound = new Sound();
  private readonly start: Address = parse(location.hash);

  now = $state(Date.now()); // the server's clock, ms
  heard = $state(Date.now());
  link = $state<Link>('loading');
  trouble = $state('');
  status = $state.raw<Status>();
  site = $state.raw<Site>();
  kpi = $state.raw<Kpi>();
  alerts = $state.raw<LiveAlert[]>([]);
  sensors = $state.raw<LiveSensor[]>([]);
  coverage = $state.raw<[string, Coverage][]>([]);
  trackCount = $state(0);
  malformed = $state(0);
  flood = $state(false);
  revision = $state(0); // of the map's picture: one more for every batch of events

  view = $state(this.start.view);
  selected = $state<string | undefined>(this.start.alert);
  opened = $state(this.start.open);
  track = $state<string | undefined>(this.start.track);
  sensor = $state<string | undefined>(this.start.sensor);
  map = $state.raw(this.start.map);
  incident = $state.raw<Incident>();
  incidentState = $state<'' | 'loading' | 'absent' | string>('');
  replay = $state<Replay>();
  dialog = $state<Dialog>();
  toast = $state<{ text: string; bad: boolean }>();
  centre = $state<{ lat: number; lon: number; n: number }>();
  fit = $state(0);
  mapPicture: (() => Promise<Blob | undefined>) | undefined; // while there is a map

  lang = $state<Lang>(this.start.lang ?? (kept('lang') === 'fr' || (!kept('lang') && navigator.language.startsWith('fr')) ? 'fr' : 'en'));
  utc = $state(kept('clock') !== 'local');
  dim = $state(Number(kept('dim')) % 3 || 0);
  plainSymbols = $state(kept('symbols') === 'plain');
  muted = $state(kept('sound') === 'off');
  armed = $state(false);
  by = $state(kept('by'));
  texts = $derived(new Texts(this.lang, this.utc));

  held = $state(false); // the pointer or the focus is in the list: rows stay where they are
  private order: string[] = [];
  rows = $derived.by(() => {
    const arranged = arrange(this.alerts, this.order, this.held);
    this.order = arranged.map((a) => a.alert.id);
    return arranged;
  });
  alertsByState = $derived.by(() => {
    const out: Record<ReturnType<typeof section>, LiveAlert[]> = { open: [], acknowledged: [], aside: [], ended: [] };
    for (const a of this.rows) out[section(a.alert)].push(a);
    return out;
  });
  current = $derived(this.alerts.find((a) => a.alert.id === this.selected));
  colourOf = $derived(palette([...(this.incident?.detections ?? []).map((d) => d.sensor), ...(this.current?.alert.evidence ?? []).map((e) => e.sensor)]));
  rate = $derived(rate(this.alerts, this.clock));
  oldest = $derived(oldest(this.alerts));

  private offset = 0;
  private dirty = { alerts: false, rest: false };
  private asked = 0;
  private lastFrame = 0;
  private soon = 0;

  /** The picture on the map: the past while it is replayed. */
  get picture(): Picture {
    return this.replay?.picture ?? this.live;
  }

  /** What ages are counted from. */
  get clock(): number {
    return this.replay ? this.replay.at : this.now;
  }

  begin(): () => void {
    const feed = new Feed('/api/v1/stream', {
      existing: () => this.live.clear(),
      message: (m) => this.take(m),
      heard: () => this.hear(),
      lost: (why) => (this.trouble = why),
    });
    void feed.run();
    void this.old();
    void this.place();
    void this.ask();
    const ticks = [setInterval(() => void this.ask(), poll), setInterval(() => this.tick(), 1000)];
    const frames = setInterval(() => this.frame(), 100);
    if (this.start.from && this.start.to) void this.showPast(this.start.from, this.start.to);
    return () => {
      feed.stop();
      for (const id of [...ticks, frames]) clearInterval(id);
    };
  }

  take(m: Message): void {
    if (m.event === 'live') {
      this.link = 'live';
      this.dirty = { alerts: true, rest: true };
      return;
    }
    const event = read(m.data);
    const kind = event && this.live.apply(event);
    if (!kind) this.malformed++;
    else if (kind === 'alert') this.freshAlert(event.alert!);
    else this.dirty.rest = true;
  }

  private freshAlert(a: Alert): void {
    this.dirty.alerts = true;
    this.soon ||= requestAnimationFrame(() => {
      this.soon = 0;
      this.frame();
    });
    if (a.change === 'new' && this.link === 'live') this.sounded(a, true);
    if (a.id === this.selected && this.opened) void this.loadIncident();
  }

  /** Takes the answer to a command: it is the alert as it is now. */
  answered(e: PictureEvent): void {
    this.live.apply(e);
    this.dirty.alerts = true;
    this.frame();
  }

  private hear(): void {
    this.heard = Date.now();
    this.trouble = '';
    if (this.link === 'late' || this.link === 'lost') this.link = 'live';
  }

  /** Puts what came since the last time on the screen: alerts at once, the rest twice a second. */
  frame(): void {
    const at = performance.now();
    const passed = at - (this.lastFrame || at);
    this.lastFrame = at;
    if (this.replay) {
      this.replay.advance(passed);
      return;
    }
    if (this.dirty.alerts) {
      this.dirty.alerts = false;
      this.alerts = [...this.live.alerts.values()];
    }
    if (this.dirty.rest && at - this.asked > 500) {
      this.asked = at;
      this.dirty.rest = false;
      this.show(this.live);
    }
  }

  private show(p: Picture): void {
    this.sensors = [...p.sensors.values()].sort((a, b) => (a.sensor.id < b.sensor.id ? -1 : 1));
    this.coverage = [...p.coverage];
    this.trackCount = p.tracks.size;
    this.revision++;
  }

  private tick(): void {
    this.now = Date.now() + this.offset;
    this.live.sweep();
    const silent = Date.now() - this.heard;
    if (this.link !== 'loading' || silent > lost) {
      if (silent > lost) this.link = 'lost';
      else if (silent > late) this.link = 'late';
    }
    this.flood = flooded(this.rate, this.flood);
    this.armed = this.sound.armed;
    const first = this.live.alerts.size > 0 ? this.urgent() : undefined;
    if (first) this.sounded(first, false);
  }

  private urgent(): Alert | undefined {
    return [...this.live.alerts.values()].map((a) => a.alert).filter((a) => section(a) === 'open')
      .sort((a, b) => rankOf(a) - rankOf(b))[0];
  }

  private sounded(a: Alert, fresh: boolean): void {
    if (!this.muted) this.sound.call(a.priority, fresh, Date.now());
  }

  private async ask(): Promise<void> {
    try {
      const answer = await fetch('/api/v1/status', { cache: 'no-store', signal: AbortSignal.timeout(4000) });
      const date = Date.parse(answer.headers.get('Date') ?? '');
      if (Number.isFinite(date) && Math.abs(date - Date.now()) > 3000) this.offset = date - Date.now();
      this.status = await answer.json();
      this.hear();
    } catch (e) {
      this.trouble = e instanceof Error ? e.message : String(e);
    }
  }

  private async old(): Promise<void> {
    const answer = await maybe<{ alerts: PictureEvent[] }>('/api/v1/alerts?limit=500').catch(() => undefined);
    for (const e of answer?.alerts ?? []) this.live.apply(e);
    this.dirty.alerts = true;
  }

  private async place(): Promise<void> {
    for (let pause = 500; ; pause = Math.min(2 * pause, 10_000)) {
      try {
        this.site = await maybe<Site>('/api/v1/site');
        return;
      } catch {
        await new Promise((done) => setTimeout(done, pause));
      }
    }
  }

  async loadKpi(): Promise<void> {
    this.kpi = await maybe<Kpi>('/api/v1/kpi').catch(() => undefined);
  }

  select(id: string | undefined): void {
    if (id !== this.selected) this.incident = undefined;
    this.selected = id;
    this.remember();
    if (id && this.opened) void this.loadIncident();
  }

  openIncident(): void {
    if (!this.selected) return;
    this.opened = true;
    this.remember();
    void this.loadIncident();
  }

  closeIncident(): void {
    this.opened = false;
    this.incident = undefined;
    this.remember();
  }

  private async loadIncident(): Promise<void> {
    const id = this.selected;
    if (!id) return;
    if (this.incident?.alert?.alert?.id !== id) this.incidentState = 'loading';
    try {
      const incident = await get<Incident>(`/api/v1/alerts/${encodeURIComponent(id)}/incident`);
      if (id !== this.selected) return;
      this.incident = incident;
      this.incidentState = '';
    } catch (e) {
      this.incidentState = e instanceof Error && 'status' in e && e.status === 404 ? 'absent' : e instanceof Error ? e.message : String(e);
    }
  }

  async showPast(from: number, to: number): Promise<void> {
    this.replay?.stop();
    const replay = new Replay(from, to, () => {
      if (this.replay !== replay && this.replay !== undefined) return;
      this.alerts = [...replay.picture.alerts.values()];
      this.show(replay.picture);
    });
    this.replay = replay;
    this.view = 'live';
    this.remember();
    await replay.load();
    replay.playing = !replay.failure && replay.count > 0;
  }

  backToLive(): void {
    this.replay?.stop();
    this.replay = undefined;
    this.dirty = { alerts: true, rest: true };
    this.asked = 0;
    this.frame();
    this.remember();
  }

  go(view: Address['view']): void {
    this.view = view;
    this.remember();
  }

  set(name: 'lang' | 'clock' | 'dim' | 'symbols' | 'sound' | 'by', value: string): void {
    keep(name, value);
    if (name === 'lang') this.lang = value as Lang;
    if (name === 'clock') this.utc = value !== 'local';
    if (name === 'dim') this.dim = Number(value) % 3;
    if (name === 'symbols') this.plainSymbols = value === 'plain';
    if (name === 'sound') this.muted = value === 'off';
    if (name === 'by') this.by = value;
    this.remember();
  }

  say(text: string, bad = false): void {
    this.toast = { text, bad };
    const mine = this.toast;
    setTimeout(() => this.toast === mine && (this.toast = undefined), bad ? 8000 : 3000);
  }

  /** Writes the screen into the address. */
  remember(): void {
    const at: Address = { view: this.view, open: this.opened };
    if (this.selected) at.alert = this.selected;
    if (this.track) at.track = this.track;
    if (this.sensor && this.view === 'sensors') at.sensor = this.sensor;
    if (this.map) at.map = this.map;
    if (this.start.lang && this.lang === this.start.lang) at.lang = this.lang;
    if (this.replay) Object.assign(at, { from: this.replay.from, to: this.replay.to });
    history.replaceState(null, '', format(at) || location.pathname);
  }
}

const rankOf = (a: Alert): number => ['critical', 'high', 'medium', 'low'].indexOf(a.priority);
