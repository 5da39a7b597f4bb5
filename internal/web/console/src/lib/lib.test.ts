import { describe, expect, it } from 'vitest';
import { parse, format } from './address';
import { arrange, compare, flooded, fold, grade, next, oldest, rate } from './alerts';
import { en } from './en';
import { timelineSVG } from './export';
import { fr } from './fr';
import { bearing, distance, ellipse, fan, Line, along } from './geo';
import { deed, keymap } from './keys';
import { likely, Picture, type LiveAlert } from './picture';
import { Replay } from './replay.svelte';
import { shift } from './shift';
import { Feed, Parser, type Message } from './sse';
import { plain, Texts } from './text';
import type { Alert, PictureEvent } from './types';

const at = Date.parse('2026-11-24T12:00:00Z');
const iso = (ms: number) => new Date(ms).toISOString();

function alert(id: string, more: Partial<Alert> = {}, minutesAgo = 1): LiveAlert {
  const raised = at - minutesAgo * 60_000;
  const a = {
    id, kind: 'crossing', state: 'unacknowledged', level: 'confirmed', priority: 'high', change: 'new', time: iso(raised), raised: iso(raised),
    updated: iso(raised), lat: 49, lon: -97, direction: 'US>CA', count: 1, class: 'person', confidence: 0.9, tracks: [], evidence: [], rule: '', text: '', revision: 1, ...more,
  } as Alert;
  return { alert: a, sector: 'emerson', raised };
}
const event = (type: string, body: Record<string, unknown>, ms = at): PictureEvent => ({ type, time: iso(ms), sector: 'emerson', ...body }) as PictureEvent;
const track = (id: string, more: Record<string, unknown> = {}, ms = at) =>
  event('track', { track: { id, status: 'confirmed', lat: 49, lon: -97, speed_mps: 1, course_deg: 0, cov: { ee: 1, en: 0, nn: 1 }, class: {}, sensors: [], groups: [], lineage: [], friendly: false, ...more } }, ms);
const ids = (list: LiveAlert[]) => list.map((a) => a.alert.id).join(' ');

describe('the list', () => {
  it('puts the urgent first, the newest of them first, and what was seen by age', () => {
    const list = [
      alert('low', { priority: 'low' }), alert('old', {}, 9), alert('new', {}, 2), alert('top', { priority: 'critical' }, 30), alert('odd', { priority: 'purple' as never }),
    ];
    expect(ids([...list].sort(compare))).toBe('top new old low odd');
    const seen = [alert('b', { state: 'acknowledged' }, 3), alert('a', { state: 'acknowledged' }, 30)];
    expect(ids([...seen].sort(compare))).toBe('a b');
  });
  it('moves no row while it is held, and lets new ones in where they belong', () => {
    const a = alert('a', {}, 5);
    const b = alert('b', {}, 4);
    const before = arrange([a, b], [], false);
    expect(ids(before)).toBe('b a');
    const urgent = alert('u', { priority: 'critical' }, 0);
    const raised = alert('a', { priority: 'critical' }, 5);
    expect(ids(arrange([raised, b, urgent], ['b', 'a'], true))).toBe('u b a');
    expect(ids(arrange([raised, b, urgent], ['b', 'a'], false))).toBe('u a b');
    expect(ids(arrange([b], ['b', 'gone'], true))).toBe('b');
  });
  it('folds a flood and drops nothing', () => {
    const list = [alert('c', { priority: 'critical' }), alert('h'), alert('m1', { priority: 'medium' }), alert('m2', { priority: 'medium' }), alert('l', { priority: 'low', kind: 'approach' })];
    const { rows, folds } = fold(list);
    expect(ids(rows)).toBe('c h l');
    expect(folds.map((f) => f.alerts.length)).toEqual([2]);
    expect(rows.length + folds.reduce((n, f) => n + f.alerts.length, 0)).toBe(list.length);
  });
  it('counts ten minutes, and what a folded row stands for', () => {
    expect(rate([alert('a', {}, 9), alert('b', { folded: 4 }, 1), alert('c', {}, 11)], at)).toBe(6);
    expect([0, 1, 2, 3].map(grade)).toEqual(['good', 'good', 'busy', 'over']);
    expect([flooded(10, false), flooded(11, false), flooded(6, true), flooded(4, true)]).toEqual([false, true, true, false]);
  });
  it('goes to the next unanswered one, and around', () => {
    const open = [alert('a'), alert('b')];
    expect([next(open, undefined), next(open, 'a'), next(open, 'b'), next([], 'a')]).toEqual(['a', 'b', 'a', undefined]);
    expect(oldest([alert('a', {}, 3), alert('b', { state: 'acknowledged' }, 9)])).toBe(at - 180_000);
  });
});

describe('the picture', () => {
  it('survives whatever comes', () => {
    const p = new Picture();
    for (const e of [null, {}, { time: 'x' }, event('track', { track: { id: 7 } }), event('track', { track: { id: 't', lat: 'north', lon: 0 } }), event('alert', { alert: { id: 'a' } }), event('coverage', { coverage: {} })]) {
      expect(p.apply(e as unknown as PictureEvent)).toBeUndefined();
    }
    expect(p.malformed).toBe(7);
    expect(p.apply(track('t'))).toBe('track');
  });
  it('keeps every alert that stands, and of those that are over the newest thousand', () => {
    const p = new Picture();
    p.apply(event('alert', { alert: alert('stands').alert }));
    for (let i = 0; i < 1005; i++) p.apply(event('alert', { alert: alert(`over-${i}`, { change: 'end' }).alert }));
    p.sweep();
    expect([p.alerts.size, p.alerts.has('stands'), p.alerts.has('over-4'), p.alerts.has('over-5')]).toEqual([1001, true, false, true]);
  });
  it('forgets tracks that were lost, merged, or long silent', () => {
    const p = new Picture();
    for (const id of ['a', 'b', 'c']) p.apply(track(id));
    p.apply(track('a', { status: 'lost' }));
    p.apply(track('c', { lineage: ['c', 'b'] }));
    expect([...p.tracks.keys()]).toEqual(['emerson/c']);
    p.apply(track('d', {}, at + 120_000));
    p.sweep();
    expect([...p.tracks.keys()]).toEqual(['emerson/d']);
  });
  it('lets no older revision overwrite an answer', () => {
    const p = new Picture();
    p.apply(event('alert', { alert: alert('a', { state: 'acknowledged', revision: 2 }).alert }));
    p.apply(event('alert', { alert: alert('a', { revision: 1 }).alert }));
    expect(p.alerts.get('a')?.alert.state).toBe('acknowledged');
  });
  it('keeps a bounded trail', () => {
    const p = new Picture();
    for (let i = 0; i < 500; i++) p.apply(track('t', { lat: 49 + i * 1e-4 }));
    expect(p.tracks.get('emerson/t')?.trail.length).toBe(120);
    expect(likely({ person: 0.6, animal: 0.4 })).toEqual(['person', 0.6]);
    expect(likely(undefined)).toEqual(['unknown', 0]);
  });
});

describe('the stream', () => {
  const text = 'retry: 1000\n\n: existing\n\nevent: track\ndata: {"a":1}\n\nevent: live\nid: 7\ndata: {}\r\n\r\ndata: x\ndata: y\n\n';
  it('is read the same in pieces of any size', () => {
    const whole = new Parser().push(text);
    expect(whole.map((m) => `${m.event}|${m.data}|${m.id}`)).toEqual([':|existing|', 'track|{"a":1}|', 'live|{}|7', 'message|x\ny|7']);
    for (let size = 1; size < text.length; size++) {
      const parser = new Parser();
      const out: Message[] = [];
      for (let i = 0; i < text.length; i += size) out.push(...parser.push(text.slice(i, i + size)));
      expect(out).toEqual(whole);
    }
  });
  it('comes back from where it was after a fault', async () => {
    const asked: (string | null)[] = [];
    const done: string[] = [];
    const get = ((_: string, init: RequestInit) => {
      asked.push(new Headers(init.headers).get('Last-Event-ID'));
      if (asked.length === 2) return Promise.resolve(new Response('', { status: 503 }));
      if (asked.length === 3) feed.stop();
      return Promise.resolve(new Response(`id: ${asked.length}\ndata: x\n\n`));
    }) as typeof fetch;
    const feed: Feed = new Feed('/s', { existing() {}, heard() {}, message: (m) => done.push(m.id), lost() {} }, get);
    await feed.run();
    expect(asked).toEqual([null, '1', '1']);
    expect(done[0]).toBe('1');
  });
});

describe('texts', () => {
  it('are all there in both languages, with the same places to fill', () => {
    const places = (s: string) => [...s.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort().join();
    for (const [name, text] of Object.entries(en)) expect(places(fr[name as keyof typeof fr]), name).toBe(places(text));
    expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
  });
  it('write numbers, times and places as the language does', () => {
    const [e, f] = [new Texts('en', true), new Texts('fr', true)];
    expect([e.number(1234.5, 1), f.number(1.5, 1)]).toEqual(['1,234.5', '1,5']);
    expect([e.time(at), e.time('nonsense'), e.span(59_000), e.span(3_900_000), f.span(3 * 86_400_000)]).toEqual(['12:00:00Z', '–', '59 s', '1 h 05', '3 j']);
    expect(f.place(49.5, -97.25)).toBe('49,50000° N, 97,25000° O');
    expect([e.name('k_', 'crossing'), e.name('k_', 'new_kind'), e.name('', 'constructor')]).toEqual(['Crossing', 'new_kind', 'constructor']);
    expect([e.sure(0.9999), e.percent(0.995)]).toEqual(['99', '99.5']);
  });
  it('from outside cannot turn the page around or fill it', () => {
    expect(plain('a\u202Eb\u2067c\u0000d\n<b>')).toBe('a·b·c·d·<b>');
    expect(plain('x'.repeat(10_000)).length).toBe(301);
    expect([plain(undefined), plain(7), plain(null)]).toEqual(['', '7', '']);
  });
});

describe('keys and address', () => {
  it('no key does two things, and none works while one writes', () => {
    expect(new Set(keymap.map((k) => k.key)).size).toBe(keymap.length);
    const press = (key: string, more = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, ...more });
    expect(deed(press('A'), null)).toBe('ack');
    expect(deed(press('a', { ctrlKey: true }), null)).toBeUndefined();
    expect(deed(press('a'), { tagName: 'INPUT' })).toBeUndefined();
    expect(deed(press('Enter'), { tagName: 'BUTTON' })).toBeUndefined();
  });
  it('the address comes back as it went, and nonsense is the live view', () => {
    const full = { view: 'sensors', open: true, alert: 'a b&c', sensor: 'twr-01', map: { lat: 49.0004, lon: -97.2, zoom: 11.5 }, lang: 'fr', from: at, to: at + 1000 } as const;
    expect(parse(format(full))).toEqual(full);
    expect(parse('#view=nowhere&map=x,y&from=yesterday&lang=de')).toEqual({ view: 'live', open: false });
    expect(format({ view: 'live', open: false })).toBe('');
  });
});

describe('geometry', () => {
  const here: [number, number] = [-97, 49];
  it('goes there and back', () => {
    for (const b of [0, 45, 180, 300]) {
      const p = along(here, b, 5000);
      expect(distance(here, p)).toBeCloseTo(5000, -1);
      expect(Math.abs(bearing(here, p) - b)).toBeLessThan(0.1);
    }
  });
  it('draws an ellipse along its covariance, and none of what is no covariance', () => {
    const ring = ellipse(here, { ee: 100, en: 0, nn: 25 }, 2);
    const reach = ring.map((p) => distance(here, p));
    expect(Math.max(...reach)).toBeCloseTo(20, 0);
    expect(Math.min(...reach)).toBeCloseTo(10, 0);
    for (const cov of [{ ee: 0, en: 0, nn: 0 }, { ee: NaN, en: 0, nn: 1 }, { ee: 1, en: 5, nn: 1 }]) expect(ellipse(here, cov, 2)).toEqual([]);
  });
  it('cuts a line at metres', () => {
    const line = new Line([here, along(here, 90, 1000), along(here, 90, 3000)]);
    expect(line.length).toBeCloseTo(3000, 0);
    expect(line.part(500, 1500).length).toBe(3);
    expect(line.near(along(line.at(2000), 0, 300))).toBeCloseTo(2000, -1);
    expect(fan(here, 100, [85, 275])[0]).toEqual(here);
    expect(fan(here, 100, [10, 10])[0]).not.toEqual(here);
  });
});

describe('the past', () => {
  it('shows each moment as it was, forwards and backwards', async () => {
    const replay = new Replay(at, at + 60_000, () => {});
    const events = [track('a', {}, at + 1000), event('alert', { alert: alert('x').alert }, at + 10_000), track('a', { status: 'lost' }, at + 30_000), { time: 'never' } as PictureEvent];
    await replay.load(async function* () { yield* events; });
    const now = () => [replay.picture.tracks.size, replay.picture.alerts.size];
    expect(now()).toEqual([0, 0]);
    replay.seek(at + 12_000);
    expect(now()).toEqual([1, 1]);
    replay.seek(at + 40_000);
    expect(now()).toEqual([0, 1]);
    replay.seek(at + 5000);
    expect(now()).toEqual([1, 0]);
    replay.playing = true;
    replay.speed = 60;
    replay.advance(2000);
    expect([replay.at, replay.playing]).toEqual([at + 60_000, false]);
  });
});

describe('a long past', () => {
  const day = 24 * 3_600_000;
  it('is asked for in parts, until the last is whole, and thinner the longer it is', async () => {
    const asked: string[] = [];
    const replay = new Replay(at, at + 2 * 3_600_000, () => {});
    await replay.load(async function* (path) {
      asked.push(path);
      yield track('a', {}, at + 1000 * asked.length);
      if (asked.length < 3) yield { type: 'more', time: iso(at + 1000 * asked.length) } as PictureEvent;
    });
    expect(asked.map((path) => new URLSearchParams(path.split('?')[1]).get('from'))).toEqual([iso(at - 15_000), iso(at + 1000), iso(at + 2000)]);
    expect(asked[0]).toContain('every_s=2');
    expect([replay.count, replay.truncated, replay.loading, replay.failure]).toEqual([3, false, false, '']);
  });
  it('stops where an answer makes no way, and never asks for more than a day', async () => {
    let asked = '';
    const replay = new Replay(at, at + day, () => {});
    await replay.load(async function* (path) {
      asked = path;
      yield { type: 'more', time: iso(at) } as PictureEvent;
    });
    expect([asked.includes(`from=${iso(at)}&`), replay.truncated]).toEqual([true, true]);
  });
});

describe('the timeline as a picture', () => {
  it('holds hostile names as text', () => {
    const a = alert('x', { text: '<script>', evidence: [{ sensor: '"><b>', group: 'g', time: iso(at), residual_sigma: 1, detection: 'd' }] }).alert;
    const svg = timelineSVG({ alert: event('alert', { alert: a }), crossing: null, tracks: [], detections: [] }, () => '#fff', new Texts('en', true));
    expect(svg).toContain('&#60;script&#62;');
    expect(svg).toContain('&#34;&#62;&#60;b&#62;');
    expect(svg).not.toMatch(/<script|<b>/);
  });
});

describe('the shift', () => {
  it('tells what came, what is open, who did what', () => {
    const list = [alert('a', { change: 'end', state: 'resolved', verdict: 'animal', resolved_by: 'k.lee' }, 30), alert('b', {}, 5), alert('old', {}, 500)];
    const s = shift(list, [['emerson', { watched_fraction: 0.5, cells: [{ from_m: 0, to_m: 500, sensors: [] }, { from_m: 500, to_m: 900, sensors: ['x'] }] }]], at - 3_600_000, at);
    expect([ids(s.raised), ids(s.open)]).toEqual(['a b', 'old b']);
    expect([s.verdicts, s.people, s.buckets]).toEqual([[['animal', 1]], [['k.lee', 1]], [0, 0, 0, 1, 0, 1]]);
    expect(s.holes).toEqual([{ sector: 'emerson', from: 0, to: 500 }]);
  });
});
