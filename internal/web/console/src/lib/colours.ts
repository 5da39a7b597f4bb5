// Colours to tell sensors apart on the map and in the timeline; none of them means anything, and each stands beside a name.
const colours = ['#7cc4f5', '#c79df0', '#7fd6a2', '#f0a9c2', '#e3c878', '#83d6d6', '#b9c3cc', '#d9a072'];

export function colourOf(sensor: string): string {
  let sum = 0;
  for (const c of sensor) sum = (sum * 31 + c.codePointAt(0)!) >>> 0;
  return colours[sum % colours.length]!;
}
