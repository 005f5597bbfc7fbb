export { sha256, sha256Hex } from '#sha256'
export { ownBytes, plainBytes, requireBytes } from './bytes.ts'
export { canonical, isCanonical, MAX_TEXT_BYTES, parseCanonical } from './canonical.ts'
export { commitmentTo, opens } from './commitment.ts'
export { isSoundKey } from './ed25519/point.ts'
export {
  type Body,
  type Entry,
  isInstant,
  MAX_ENTRY_BYTES,
  prevOf,
  readEntry,
  readEntryAs,
  sealEntry,
  wholeTrail,
} from './entry.ts'
export { CountersignError, type ErrorCode, type Found, unexpected } from './error.ts'
export { type Hash, isHash } from './hash.ts'
export { Integrity } from './integrity/integrity.ts'
export type {
  IntegrityCode,
  IntegrityFinding,
  IntegrityLine,
  IntegrityOptions,
  IntegrityPartStart,
  IntegrityReport,
  IntegrityStart,
  Subtree,
} from './integrity/integrity-report.ts'
export { joinIntegrity } from './integrity/join-integrity.ts'
export { type Json, type JsonArray, type JsonObject, MAX_DEPTH, parseJson, sameJson } from './json.ts'
export {
  type Checkpoint,
  checkpointText,
  type OpenedCheckpoint,
  openCheckpoint,
  parseCheckpointText,
  signCheckpoint,
  type Witness,
} from './note/checkpoint.ts'
export { type Cosignature, cosign, verifyCosignature } from './note/cosignature.ts'
export { checkFork, type Fork, type ForkedLog, formatFork, parseFork } from './note/fork.ts'
export {
  type Algorithm,
  formatSignerKey,
  formatVerifierKey,
  isKeyName,
  MAX_NAME_LENGTH,
  parseSignerKey,
  parseVerifierKey,
  type SignerKey,
  signerKey,
  type VerifierKey,
  verifierKeyOf,
  witnessKeyOf,
} from './note/key.ts'
export {
  formatNote,
  MAX_NOTE_BYTES,
  MAX_SIGNATURES,
  type Note,
  type OpenedNote,
  openNote,
  parseNote,
  signNote,
  type Verified,
} from './note/note.ts'
export type { NoteSignature } from './note/note-signature.ts'
export { requireExtension, type SigningOptions, signExtension } from './note/signer.ts'
export { formatTlogProof, parseTlogProof, type TlogProof } from './note/tlog-proof.ts'
export {
  type AddCheckpoint,
  addCosignatures,
  decideCosigning,
  formatAddCheckpoint,
  MAX_REQUEST_BYTES,
  parseAddCheckpoint,
  type WitnessDecision,
} from './note/witness.ts'
export {
  CLOCK_TOLERANCE,
  evaluateWitnesses,
  MAX_POLICY_BYTES,
  type PolicyLog,
  type PolicyNode,
  type PolicyWitness,
  parseWitnessPolicy,
  type WitnessEvaluation,
  type WitnessedNode,
  type WitnessPolicy,
} from './note/witness-policy.ts'
export { requireLists, requireOptions } from './options.ts'
export { ConsistencyProver } from './tree/consistency.ts'
export {
  type Consistency,
  checkConsistency,
  checkInclusion,
  consistencyProof,
  consistencySpans,
  type Inclusion,
  inclusionProof,
  inclusionSpans,
  type Leaves,
  rootOfInclusion,
  rootsOfConsistency,
  type Span,
} from './tree/proof.ts'
export { rootOfShared, type Shared, SharedProof, sharedSpans } from './tree/shared-proof.ts'
export {
  decodeEntries,
  decodeHashTile,
  encodeEntries,
  encodeHashTile,
  TILE_WIDTH,
  type Tile,
  Tiler,
  tilePath,
  tilesOf,
} from './tree/tiles.ts'
export { EMPTY_ROOT, leafHash, nodeHash, rootOf, Tree, type TreeState } from './tree/tree.ts'
export { decodeUtf8, encodeUtf8 } from './utf8.ts'
