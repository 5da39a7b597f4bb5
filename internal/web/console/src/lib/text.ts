import { en, type Words } from './en';
import { fr } from './fr';

export type Lang = 'en' | 'fr';
export type Word = keyof Words;

const words: Record<Lang, Words> = { en, fr };
const locale: Record<Lang, string> = { en: 'en-CA', fr: 'fr-CA' };

/** Everything that differs between two languages or two clocks. Made anew when either changes. */
export class Texts {
  private readonly clock: Intl.DateTimeFormat;
  private readonly day: Intl.DateTimeFormat;
  private readonly numbers = new Map<number, Intl.NumberFormat>(); // by their digits: one costs more to make than a row to draw

  constructor(
    readonly lang: Lang,
    readonly utc: boolean,
  ) {
    const timeZone = utc ? { timeZone: 'UTC' } : {};
    this.clock = new Intl.DateTimeFormat('en-GB', { ...timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
    this.day = new Intl.DateTimeFormat(locale[lang], { ...timeZone, year: 'numeric', month: 'short', day: 'numeric' });
  }

  t(word: Word, with_: Record<string, string | number> = {}): string {
    return words[this.lang][word].replace(/\{(\w+)\}/g, (all, name: string) => (name in with_ ? String(with_[name]) : all));
  }

  /** A name that came from outside, in this language if it is one of ours, and as it is if not. */
  name(prefix: string, name: string): string {
    const key = prefix + name;
    return Object.hasOwn(words[this.lang], key) ? words[this.lang][key as Word] : name;
  }

  number(n: number, digits = 0): string {
    if (!Number.isFinite(n)) return '–';
    let format = this.numbers.get(digits);
    if (!format) {
      format = new Intl.NumberFormat(locale[this.lang], { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: 'negative' });
      this.numbers.set(digits, format);
    }
    return format.format(n);
  }

  percent = (share: number): string => this.number(100 * share, share > 0.99 && share < 1 ? 1 : 0);

  /** How sure we are, which is never a hundred percent. */
  sure = (p: number): string => this.number(Math.min(99, 100 * p));

  /** 08:12:03Z, or 08:12:03 by the local clock. */
  time(at: string | number | undefined): string {
    const ms = typeof at === 'number' ? at : Date.parse(at ?? '');
    return Number.isFinite(ms) ? this.clock.format(ms) + (this.utc ? 'Z' : '') : '–';
  }

  date(at: string | number): string {
    const ms = typeof at === 'number' ? at : Date.parse(at);
    return Number.isFinite(ms) ? this.day.format(ms) : '–';
  }

  /** How long, in the one unit that matters: 45 s, 12 min, 3 h 05, 2 d. */
  span(ms: number): string {
    const s = Math.max(0, Math.round(ms / 1000));
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 86_400) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}`;
    return `${Math.floor(s / 86_400)} ${this.lang === 'fr' ? 'j' : 'd'}`;
  }

  place(lat: number, lon: number): string {
    const half = (v: number, digits: number, plus: string, minus: string) => `${this.number(Math.abs(v), digits)}° ${v < 0 ? minus : plus}`;
    return `${half(lat, 5, 'N', 'S')}, ${half(lon, 5, 'E', this.lang === 'fr' ? 'O' : 'W')}`;
  }
}

/** Text from outside, made fit to be one: no control or direction marks that would reorder what stands around it, and not too long. */
export function plain(text: unknown, most = 300): string {
  const s = typeof text === 'string' ? text : text === undefined || text === null ? '' : String(text);
  const clean = s.slice(0, 4 * most).replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\u00b7');
  return clean.length > most ? `${clean.slice(0, most)}…` : clean;
}
