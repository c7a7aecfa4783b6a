/**
 * IATA's metropolitan codes: a city with several airports, or with one whose code is not the city's. Of each the airports with
 * scheduled service. Source: IATA, Resolution 763; Wikipedia, "IATA airport code", "Multi-airport cities".
 */
const CITIES: Readonly<Record<string, readonly [name: string, ...airports: string[]]>> = {
  BER: ['Berlin', 'BER'],
  BHZ: ['Belo Horizonte', 'CNF'],
  BJS: ['Beijing', 'PEK', 'PKX'],
  BKK: ['Bangkok', 'BKK', 'DMK'],
  BUE: ['Buenos Aires', 'EZE', 'AEP'],
  BUH: ['Bucharest', 'OTP', 'BBU'],
  CHI: ['Chicago', 'ORD', 'MDW', 'RFD'],
  CTU: ['Chengdu', 'CTU', 'TFU'],
  DFW: ['Dallas', 'DFW', 'DAL'],
  DTT: ['Detroit', 'DTW'],
  HOU: ['Houston', 'IAH', 'HOU'],
  IST: ['Istanbul', 'IST', 'SAW'],
  JKT: ['Jakarta', 'CGK', 'HLP'],
  LON: ['London', 'LHR', 'LGW', 'STN', 'LTN', 'LCY', 'SEN'],
  MEX: ['Mexico City', 'MEX', 'NLU'],
  MIL: ['Milan', 'MXP', 'LIN', 'BGY'],
  MOW: ['Moscow', 'SVO', 'DME', 'VKO', 'ZIA'],
  NYC: ['New York', 'JFK', 'LGA', 'EWR'],
  OSA: ['Osaka', 'KIX', 'ITM', 'UKB'],
  PAR: ['Paris', 'CDG', 'ORY', 'BVA'],
  REK: ['Reykjavik', 'KEF', 'RKV'],
  RIO: ['Rio de Janeiro', 'GIG', 'SDU'],
  ROM: ['Rome', 'FCO', 'CIA'],
  SAO: ['São Paulo', 'GRU', 'CGH', 'VCP'],
  SEL: ['Seoul', 'ICN', 'GMP'],
  SHA: ['Shanghai', 'PVG', 'SHA'],
  SPK: ['Sapporo', 'CTS', 'OKD'],
  STO: ['Stockholm', 'ARN', 'BMA', 'NYO', 'VST'],
  TCI: ['Tenerife', 'TFS', 'TFN'],
  TYO: ['Tokyo', 'HND', 'NRT'],
  WAS: ['Washington', 'IAD', 'DCA', 'BWI'],
  YEA: ['Edmonton', 'YEG'],
  YMQ: ['Montreal', 'YUL', 'YHU'],
  YTO: ['Toronto', 'YYZ', 'YTZ', 'YHM'],
};

/** A city and its airports. */
export interface City {
  readonly name: string;
  /** IATA codes, the largest first. */
  readonly airports: readonly string[];
}

/** The city of a metropolitan code. A code that is an airport's as well means the airport. */
export function city(code: string): City | undefined {
  const row = Object.hasOwn(CITIES, code) ? CITIES[code] : undefined;
  return row && { name: row[0], airports: row.slice(1) };
}

/** The city that both airports serve, if there is one. */
export function sharedCity(one: string, other: string): City | undefined {
  const code = Object.keys(CITIES).find((key) =>
    [one, other].every((airport) => CITIES[key]?.slice(1).includes(airport)),
  );
  return code === undefined ? undefined : city(code);
}
