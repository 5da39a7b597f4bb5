import { lines } from './api';
import { Picture } from './picture';
import type { PictureEvent } from './types';

const most = 400_000; // events in memory: a busy sector's day; beyond it the end is cut, and it says so
const runUp = 15_000; // ms before the period: every sensor says how it is within ten seconds, every track within one
const hour = 3_600_000;
export const speeds = [1, 2, 5, 10, 30, 60];

/** A period of the journal, shown again through the same picture as the present. */
export class Replay {
  at = $state(0); // ms, event time
  speed = $state(1);
  playing = $state(false);
  loading = $state(true);
  failure = $state('');
  count = $state(0);
  truncated = $state(false);
  picture = new Picture();

  private events: { at: number; event: PictureEvent }[] = [];
  private next = 0;
  private readonly abort = new AbortController();

  constructor(
    readonly from: number,
    readonly to: number,
    private readonly changed: () => void,
  ) {
    this.at = from;
  }

  async load(source: typeof lines = lines): Promise<void> {
    const every = Math.floor((this.to - this.from) / hour); // s: of a day, a track's place three times a minute is enough
    const thin = every > 1 ? `&every_s=${every}` : '';
    try {
      for (let from: number | undefined = Math.max(this.from - runUp, this.to - 24 * hour); from !== undefined; ) {
        from = await this.part(source(`/api/v1/history?from=${iso(from)}&to=${iso(this.to)}${thin}`, this.abort.signal), from);
      }
      this.events.sort((a, b) => a.at - b.at);
    } catch (e) {
      if (!this.abort.signal.aborted) this.failure = e instanceof Error ? e.message : String(e);
    }
    this.count = this.events.length;
    this.loading = false;
    this.seek(this.at);
  }

  /** Takes one answer, and says where the rest begins if it was cut short. */
  private async part(events: AsyncIterable<PictureEvent>, from: number): Promise<number | undefined> {
    for await (const event of events) {
      const at = Date.parse(event.time);
      if (!Number.isFinite(at)) continue;
      if (event.type === 'more') {
        if (at > from) return at;
        this.truncated = true; // one instant that is longer than an answer
        return undefined;
      }
      this.events.push({ at, event });
      if (this.events.length % 500 === 0) this.count = this.events.length;
      if (this.events.length >= most) {
        this.truncated = true;
        return undefined;
      }
    }
    return undefined;
  }

  /** Shows the picture as it was at a time. Backwards means from the beginning again: events cannot be taken back. */
  seek(at: number): void {
    this.at = Math.min(Math.max(at, this.from), this.to);
    if (this.next > 0 && this.events[this.next - 1]!.at > this.at) {
      this.picture = new Picture();
      this.next = 0;
    }
    while (this.next < this.events.length && this.events[this.next]!.at <= this.at) {
      this.picture.apply(this.events[this.next++]!.event);
    }
    this.picture.newest = Math.max(this.picture.newest, this.at);
    this.picture.sweep();
    this.changed();
  }

  /** Goes on by the real time that passed, in ms. */
  advance(passed: number): void {
    if (!this.playing || this.loading) return;
    this.seek(this.at + passed * this.speed);
    if (this.at >= this.to) this.playing = false;
  }

  faster(): void {
    this.speed = speeds[Math.min(speeds.indexOf(this.speed) + 1, speeds.length - 1)]!;
  }

  slower(): void {
    this.speed = speeds[Math.max(speeds.indexOf(this.speed) - 1, 0)]!;
  }

  stop(): void {
    this.abort.abort();
    this.playing = false;
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();
