/** Where the openings of a trail file lie: `trail.openings.jsonl` beside `trail.jsonl`. */
export const openingsBeside = (file: string): string => `${file.replace(/\.jsonl$/, '')}.openings.jsonl`
