export type { Board, Card, Column } from './board.ts'
export type { Collision } from './collisions.ts'
export type { Owed } from './obligations.ts'
