import type { Priority } from './types';

// Two tones for each priority that calls for it, repeated until somebody answers. Browsers keep silent until the first key or click.

const calls: Partial<Record<Priority, { notes: number[]; every: number }>> = {
  critical: { notes: [880, 660, 880], every: 2500 },
  high: { notes: [740, 740], every: 6000 },
  medium: { notes: [520], every: 20_000 },
};

export class Sound {
  private context: AudioContext | undefined;
  private last = 0;

  get armed(): boolean {
    return this.context?.state === 'running';
  }

  /** To be called from a key or a click: anything else is refused by the browser, and stays unarmed. */
  async arm(): Promise<boolean> {
    this.context ??= new AudioContext();
    if (this.context.state !== 'running') await this.context.resume();
    return this.armed;
  }

  /** Calls if the most urgent unanswered alert asks for it now. A new one calls at once. */
  call(priority: Priority | undefined, fresh: boolean, now: number): void {
    const call = priority && calls[priority];
    if (!call || !this.context || !this.armed || (!fresh && now - this.last < call.every)) return;
    this.last = now;
    call.notes.forEach((note, i) => this.tone(note, this.context!.currentTime + 0.18 * i));
  }

  private tone(frequency: number, at: number): void {
    const oscillator = this.context!.createOscillator();
    const gain = this.context!.createGain();
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.2, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.16);
    oscillator.connect(gain).connect(this.context!.destination);
    oscillator.start(at);
    oscillator.stop(at + 0.17);
  }
}
