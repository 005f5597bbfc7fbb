export { type Bundle, bundleFormat, formatBundle, MAX_BUNDLE_BYTES, parseBundle } from './bundle.ts'
export { BundleChooser, BundleMaker, type Chosen } from './gather.ts'
export { type BundleVerdict, type LeftOpen, type StreamHeld, type VerifyBundleOptions, verifyBundle } from './judge.ts'
