// Every text of the console. fr.ts has the same names, which the compiler checks.
export const en = {
  live: 'Live', sensors: 'Sensors', handover: 'Handover', help: 'Keys',
  alerts: 'Alerts', alert: 'Alert', map: 'Map', track: 'Track', sensor: 'Sensor',
  open: 'Unanswered', seen: 'Acknowledged', acknowledged: 'acknowledged', aside: 'Set aside', ended: 'Closed lately',
  quiet: 'No open alerts.', quietWatched: 'The line is watched: {share} %, {up} of {all} sensors up.',
  quietBlind: 'But only {share} % of the line is watched: quiet does not mean empty.',
  newAbove: '{n} new above', folded: '{n} × {what}, folded in the flood', unfold: 'show all',
  flood: 'Flood: {n} alarms in 10 min. Only critical and high stand alone; the others are counted, none is dropped.',
  ago: '{t} ago', owner: 'with {who}', ackedBy: 'seen by {who}', left: '{t} left',
  groups: '{n} independent groups', group1: '1 group', sure: '{p} % sure', count: '× {n}', foldedIn: '+{n} alike',
  simulated: 'Simulated', simulatedLong: 'Simulation: nothing on this screen is real',
  // priorities, states, levels
  critical: 'Critical', high: 'High', medium: 'Medium', low: 'Low',
  unacknowledged: 'unanswered', returned: 'over, unanswered', shelved: 'shelved', suppressed: 'suppressed', out_of_service: 'out of service',
  resolved: 'closed', confirmed: 'confirmed', probable: 'probable', inferred: 'inferred', tentative: 'tentative', coasting: 'not seen now', lost: 'lost',
  // kinds
  k_crossing: 'Crossing', k_approach: 'Approach', k_loitering: 'Loitering', k_zone: 'Zone', k_sensor_silent: 'Sensor silent', k_sensor_tamper: 'Sensor tampered with',
  k_clock_skew: 'Clock wrong', k_coverage_gap: 'Hole in the watch', k_friend_parted: 'Friend parted', k_journal: 'Journal', k_sensor_bias: 'Sensor aims wrong', k_influx: 'Database', k_alarm_flood: 'Flood of alarms', k_return: 'Return',
  // classes
  person: 'person', vehicle: 'vehicle', animal: 'animal', drone: 'drone', aircraft: 'aircraft', boat: 'boat', clutter: 'clutter', unknown: 'unknown', group: 'group',
  // verdicts
  v_crossing: 'Crossing, real', v_animal: 'Animal', v_friendly: 'Own force', v_weather: 'Weather', v_sensor_fault: 'Sensor fault', v_duplicate: 'Duplicate', v_false: 'False', v_unknown: 'Unknown',
  // deeds
  next: 'Next unanswered', down: 'Down the list', up: 'Up the list', openIncident: 'Open the incident', ack: 'Acknowledge', shelve: 'Shelve', unshelve: 'Unshelve',
  assign: 'Assign', comment: 'Comment', resolve: 'Close with a verdict', centre: 'Centre the map', replay: 'Replay its minutes', export: 'Export with pictures',
  sound: 'Sound on or off', dim: 'Dim the screen', language: 'Français', clock: 'UTC or local time', symbols: 'Symbols: military or plain', fit: 'Show the whole sector',
  close: 'Close', play: 'Play or pause', back: '10 s back', forward: '10 s on',
  helpTitle: 'Keys', helpAlert: 'Alerts', helpView: 'Screen', helpReplay: 'Replay',
  // strip
  utc: 'UTC', local: 'Local', link: 'Link', figuresOf: 'figures of the past', linkLive: 'live', linkLate: 'late', linkLost: 'LOST', linkLoading: 'loading',
  rate: 'per 10 min', rateLong: 'Alarms in the last 10 minutes', good: 'calm', busy: 'busy', over: 'too many',
  oldest: 'oldest waits', none: 'none', sensorsUp: 'sensors up', degraded: 'degraded', silent: 'silent', watched: 'watched',
  lag: 'journal', influx: 'database', behind: '{n} behind', ok: 'ok', off: 'none', down_: 'down', who: 'On duty', nobody: 'Sign on',
  armed: 'Sound armed', notArmed: 'Sound NOT armed: press M', muted: 'Sound off',
  stale: 'THIS SCREEN IS NOT CURRENT', staleLong: 'No word from the server for {t}. What you see is from {at}. Trying again by itself.',
  part: '{name}: {what}',
  malformed: 'unreadable events',
  // incident
  incident: 'Incident', why: 'Why', evidence: 'Evidence', against: 'What speaks against it', nothingAgainst: 'Nothing known speaks against it.',
  residuals: 'How well it fits (σ)', history: 'What was done', pathNote: 'Path and plots of {n} sensors on the map', media: 'Pictures',
  noIncident: 'This daemon does not serve plots and paths yet.', loading: 'Loading…', failed: 'Could not be had: {why}',
  split: 'Split the track', friendly: 'One of ours', notFriendly: 'Not one of ours', when: 'When',
  happened: 'happened', raised: 'raised', place: 'place', source: 'Sensor', speed: 'speed', course: 'course',
  seenBy: 'seen by', age: 'heard', nearest: 'km {n} of the line', accuracy: '± {n} m', timeAccuracy: '± {n} s',
  // dialogs
  yourName: 'Your name', yourNameLong: 'It stands beside everything you do, on every console.', reason: 'Reason', howLong: 'For how long', verdict: 'What was it?',
  whoSees: 'Who sees to it?', text: 'Text', optional: 'optional', ok_: 'OK', cancel: 'Cancel', minutes: '{n} min', hours: '{n} h',
  r_maintenance: 'Maintenance', r_weather: 'Weather', r_known: 'Known activity', r_animals: 'Animals', r_fault: 'Sensor fault', r_other: 'Other',
  conflict: 'Somebody was faster: {what}', done: '{what}: done', refused: 'Refused: {why}', notServed: 'This daemon cannot do that yet.',
  // replay
  past: 'THE PAST', backToLive: 'Back to live', from: 'From', length: 'Length', speedX: '{n} ×',
  events: '{n} events', replayEmpty: 'The journal holds nothing of this period.', replayTitle: 'Replay', truncated: 'cut short: too many events',
  // sensors
  state: 'State', kind: 'Kind', rateHz: 'Rate', latency: 'Latency', clockOffset: 'Clock', bias: 'Bias', battery: 'Battery', rejects: 'Refused', late: 'Too late',
  lastSeen: 'Last word', topic: 'Topic', payload: 'Payload', mapped: 'Read as', lastPayloads: 'Last payloads', configuration: 'Configuration', noFaults: 'The configuration has no faults.',
  rejectsTitle: 'Refused payloads', noRejects: 'Nothing was refused.', range: 'range', pickSensor: 'Choose a sensor to see its last payloads and what became of them.', loadedAt: 'loaded {t}', reload: 'Read the files again', moving: 'moves',
  unclaimed: 'Publishers that no sensor claims', unclaimedLong: 'Listens on the broker, and proposes a sensor for each: look at what is marked MEASURE, save it as a file beside the others, and read the files again.',
  listen: 'Listen for {n} s', listening: 'Listening for {n} s…', heard: '{n} unclaimed, beside {m} messages of known sensors.', overlooked: '{n} messages of still others were too many.', copy: 'Copy', copied: 'Copied',
  online: 'online', offline: 'offline',
  radar: 'radar', camera: 'camera', ground: 'ground sensor', helicopter: 'helicopter', patrol: 'patrol', ais: 'AIS', adsb: 'ADS-B',
  // handover
  shift: 'Shift report', shiftOf: '{from} to {to}', print: 'Print or save as PDF', openMatters: 'Open matters', verdicts: 'Verdicts', holes: 'Holes in the watch', away: 'Sensors that are not well',
  byWhom: 'By', noMatters: 'Nothing is open.', noHoles: 'None: the whole line is watched.', allWell: 'All sensors are well.', total: 'alarms', standing: 'standing', hourBack: 'last {n} h', signOff: 'Handed over by', signOn: 'Taken over by', perTen: 'Alarms per 10 minutes',
  // map
  mapLabel: 'Map of the sector: tracks, sensors and the watched line', badMap: 'The map says: {why}', badBorder: 'The border cannot be drawn: {why}', badZones: 'The zones cannot be drawn: {why}', hole: 'not watched', legendWatched1: 'watched by one', legendWatched2: 'watched by two or more', zoomIn: 'Closer', zoomOut: 'Further', tracks: '{n} tracks',
  shareSure: 'critical {c} %, high {h} %, medium {m} %, low {l} %', top: 'Busiest sources', licences: 'Licences', watchedAll: '{n} % watched all the time', watchedRange: 'between {least} and {most} % watched', restart: 'holds after a restart: {what}', skip: 'To the alerts',
};

export type Words = Record<keyof typeof en, string>;
