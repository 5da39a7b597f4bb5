import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// The daemon and the simulator themselves, on a folder of their own: CUTLINE and CUTLINE_SIM name the programs.

const free = () => new Promise((done) => {
  const s = createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => done(port));
  });
});

export class Daemon {
  dir = mkdtempSync(join(tmpdir(), 'cutline-console-'));
  children = new Set();

  static async of(scenario) {
    const d = new Daemon();
    const [mqtt, http] = [await free(), await free()];
    const made = spawnSync(process.env.CUTLINE_SIM, ['config', '--scenario', scenario, '--out', d.dir], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(made.stderr);
    const config = join(d.dir, 'cutline.yaml');
    // One of the simulated sensors is not in the configuration: it is what discover has to find.
    writeFileSync(config, readFileSync(config, 'utf8').replace(/  - id: patrol-01\n(    .*\n)*/, '').replace('127.0.0.1:1883"}', `127.0.0.1:${mqtt}"}`).replace('"127.0.0.1:8080"}', `"127.0.0.1:${http}", simulated: true}`));
    d.broker = `tcp://127.0.0.1:${mqtt}`;
    d.url = `http://127.0.0.1:${http}/`;
    d.scenario = scenario;
    return d;
  }

  run(program, ...args) {
    const log = openSync(join(this.dir, 'log'), 'a');
    const child = spawn(program, args, { cwd: this.dir, stdio: ['ignore', log, log] });
    this.children.add(child);
    child.on('exit', () => this.children.delete(child));
    return child;
  }

  async start() {
    this.child = this.run(process.env.CUTLINE, 'run', '--config', 'cutline.yaml');
    for (;;) {
      const ready = await fetch(`${this.url}readyz`).then((r) => r.ok, () => false);
      if (ready) return;
      if (this.child.exitCode !== null) throw new Error(`the daemon ended:\n${this.log()}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Publishes the scenario, ten times as fast as it happens. */
  simulate() {
    this.sim = this.run(process.env.CUTLINE_SIM, 'run', '--scenario', this.scenario, '--broker', this.broker, '--speed', '10');
  }

  /** kill -9. */
  async kill(child = this.child) {
    const gone = new Promise((done) => child.once('exit', done));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await gone;
    }
  }

  log = () => readFileSync(join(this.dir, 'log'), 'utf8').split('\n').slice(-40).join('\n');

  async end() {
    await Promise.all([...this.children].map((c) => this.kill(c)));
    rmSync(this.dir, { recursive: true, force: true });
  }
}
