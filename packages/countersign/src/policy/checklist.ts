import { CountersignError } from '@countersign/trail'
import * as z from 'zod'
import { itemId } from '../values/identifier.ts'
import { text } from '../values/text.ts'

/** The items that have to be ticked before a stage is done, in their order. */
export const checklistSchema = z
  .array(z.strictObject({ item: itemId, text: text(200) }))
  .min(1)
  .max(50)
  .refine(items => new Set(items.map(one => one.item)).size === items.length, { error: 'names an item twice' })

export type ChecklistItem = z.infer<typeof checklistSchema>[number]

/** A checklist as its author writes it: for each item what it says, in the order in which they are ticked. */
export type Checklist = Readonly<Record<string, string>>

/** Writes down a checklist. */
export function checklist(items: Checklist): ChecklistItem[] {
  if (typeof items !== 'object' || items === null || Array.isArray(items))
    throw new CountersignError('policy', "a checklist names its items: { backup: 'a backup was restored' }")
  return Object.entries(items).map(([item, text]) => ({ item, text }))
}
