// Colours to tell the sensors of an incident apart on the map and in the timeline; none of them means anything, and each stands
// beside a name.
const colours = ['#7cc4f5', '#d9a072', '#7fd6a2', '#c79df0', '#e3d07a', '#f0a9c2', '#83d6d6', '#b9c3cc'];

/** Gives each sensor the colour of its place in the list; with more than eight, two share one. */
export function palette(sensors: string[]): (sensor: string) => string {
  const at = new Map([...new Set(sensors)].sort().map((s, i) => [s, i]));
  return (sensor) => colours[(at.get(sensor) ?? 0) % colours.length]!;
}
