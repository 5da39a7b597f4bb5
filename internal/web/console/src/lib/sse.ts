// Server-sent events (HTML standard, section 9.2) by fetch rather than EventSource: it hides the heartbeats, by which alone a dead
// link is told from a quiet border, and gives up for good at a 503.

export interface Message {
  event: string;
  data: string;
  id: string;
}

/** Takes the stream in pieces of any size and gives whole messages. A comment is one whose event is a colon. */
export class Parser {
  private rest = '';
  private event = '';
  private id = '';
  private data: string[] = [];

  push(chunk: string): Message[] {
    const out: Message[] = [];
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop() ?? '';
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (this.data.length > 0) out.push({ event: this.event || 'message', data: this.data.join('\n'), id: this.id });
        this.event = '';
        this.data = [];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) {
        out.push({ event: ':', data: line.slice(1).trim(), id: this.id });
        continue;
      }
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
      if (field === 'data') this.data.push(value);
      else if (field === 'event') this.event = value;
      else if (field === 'id' && !value.includes('\0')) this.id = value;
    }
    return out;
  }

  /** The id of the last message: where a resumed stream goes on. */
  get last(): string {
    return this.id;
  }
}

export interface Taker {
  existing(): void; // what exists follows: what was known before is void
  message(m: Message): void;
  heard(): void; // bytes came, be it a heartbeat
  lost(why: string): void;
}

const pauses = [500, 1000, 2000, 4000, 5000];
const silence = 40_000; // ms: the server says something every 15 s

/** Reads the stream until stop() is called, and comes back after every fault from where it was. */
export class Feed {
  private ended = false;
  private last = '';
  private abort = new AbortController();

  constructor(
    private readonly url: string,
    private readonly taker: Taker,
    private readonly get: typeof fetch = (...a) => fetch(...a),
  ) {}

  async run(): Promise<void> {
    for (let tries = 0; !this.ended; tries++) {
      const before = this.last;
      const why = await this.once();
      if (this.ended) return;
      if (this.last !== before) tries = 0;
      this.taker.lost(why);
      await new Promise((done) => setTimeout(done, pauses[Math.min(tries, pauses.length - 1)]));
    }
  }

  stop(): void {
    this.ended = true;
    this.abort.abort();
  }

  private async once(): Promise<string> {
    this.abort = new AbortController();
    let timer = setTimeout(() => this.abort.abort(), silence);
    try {
      const headers: Record<string, string> = this.last ? { 'Last-Event-ID': this.last } : {};
      const answer = await this.get(this.url, { headers, signal: this.abort.signal, cache: 'no-store' });
      if (!answer.ok || !answer.body) return `${answer.status}`;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new Parser();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return 'ended';
        clearTimeout(timer);
        timer = setTimeout(() => this.abort.abort(), silence);
        this.taker.heard();
        for (const m of parser.push(value)) {
          if (m.event !== ':') this.taker.message(m);
          else if (m.data === 'existing') this.taker.existing();
        }
        this.last = parser.last || this.last;
      }
    } catch (e) {
      return e instanceof Error ? e.message : String(e);
    } finally {
      clearTimeout(timer);
    }
  }
}
