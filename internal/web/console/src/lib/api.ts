import type { PictureEvent } from './types';

/** An answer that is no success: what the server said, and for a conflict the alert as it is now. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly alert?: PictureEvent,
  ) {
    super(message);
  }
}

const patience = 10_000; // ms

async function ask(path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(patience), ...init });
  if (answer.ok) return answer;
  let body: { error?: string; alert?: PictureEvent } = {};
  try {
    body = await answer.json();
  } catch {
    // not ours: a proxy's page, say
  }
  throw new Refused(answer.status, body.error ?? `${answer.status} ${answer.statusText}`, body.alert);
}

export async function get<T>(path: string, within = patience): Promise<T> {
  return (await ask(path, { signal: AbortSignal.timeout(within) })).json() as Promise<T>;
}

/** The same, with nothing for an endpoint that this daemon does not have. */
export async function maybe<T>(path: string): Promise<T | undefined> {
  try {
    return await get<T>(path);
  } catch (e) {
    if (e instanceof Refused && e.status === 404) return undefined;
    throw e;
  }
}

export async function post<T>(path: string, body: unknown, revision?: number): Promise<T> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (revision !== undefined) headers['If-Match'] = `"${revision}"`;
  return (await ask(path, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<T>;
}

/** Reads JSON lines as they come. A line that is none is skipped: the rest is still worth seeing. */
export async function* lines(path: string, signal: AbortSignal): AsyncGenerator<PictureEvent> {
  const answer = await ask(path, { signal });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    const parts = (rest + (value ?? (done ? '\n' : ''))).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const event = read(part);
      if (event) yield event;
    }
    if (done) return;
  }
}

export function read(line: string): PictureEvent | undefined {
  try {
    const e = JSON.parse(line);
    return typeof e === 'object' && e !== null ? (e as PictureEvent) : undefined;
  } catch {
    return undefined;
  }
}
