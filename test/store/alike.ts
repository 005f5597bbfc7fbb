/** Names without the letters of these codes. */
const without =
  (isLeftOut: (code: number) => boolean) =>
  (name: string): string =>
    Array.from(name)
      .filter(letter => !isLeftOut(letter.codePointAt(0) as number))
      .join('')

const sixteenBits = (name: string): string =>
  Array.from(name, letter => String.fromCharCode(letter.codePointAt(0) as number)).join('')

/** What takes several names of streams for one, by the name that they come to. */
export const alike: Readonly<Record<string, (name: string) => string>> = {
  'makes one slash of two': name => name.replaceAll('//', '/'),
  'leaves /./ out of a path': name => name.replaceAll('/./', '/'),
  'leaves a beginning ./ out of a path': name => name.replace(/^\.\//, ''),
  'goes back a folder where a path says so': name => name.replace(/[^/]+\/\.\.\//, ''),
  'takes a backslash for a slash': name => name.replaceAll('\\', '/'),
  'takes + for a blank': name => name.replaceAll('+', ' '),
  'takes %20 for a blank': name => name.replaceAll('%20', ' '),
  'takes %2f for %2F': name => name.replaceAll('%2f', '%2F'),
  'takes %2F for a slash': name => name.replaceAll('%2F', '/'),
  'takes %25 for %': name => name.replaceAll('%25', '%'),
  'decodes an address': name => {
    try {
      return decodeURIComponent(name)
    } catch {
      return name
    }
  },
  'takes &amp; for &': name => name.replaceAll('&amp;', '&'),
  'takes &lt; for <': name => name.replaceAll('&lt;', '<'),
  'takes two apostrophes for one': name => name.replaceAll("''", "'"),
  'takes two quotation marks for one': name => name.replaceAll('""', '"'),
  'takes quotation marks off': name => name.replace(/^"(.*)"$/, '$1'),
  'takes brackets off': name => name.replace(/^\[(.*)\]$/, '$1'),
  'takes \\n for a newline': name => name.replaceAll('\\n', '\n'),
  'takes two backslashes for one': name => name.replaceAll('\\\\', '\\'),
  'takes letters of full width for those of ASCII': name =>
    name.replace(/[\uff01-\uff5e]/g, letter => String.fromCharCode(letter.charCodeAt(0) - 0xfee0)),
  'takes ς for σ': name => name.replaceAll('ς', 'σ'),
  'takes the sign for Kelvin for K': name => name.replaceAll('\u212a', 'K'),
  'takes the sign for Ångström for Å': name => name.replaceAll('\u212b', 'Å'),
  'takes ı for i': name => name.replaceAll('ı', 'i'),
  'takes İ for I': name => name.replaceAll('İ', 'I'),
  'takes ſ for s': name => name.replaceAll('ſ', 's'),
  'takes letters for those of another case': name => name.toUpperCase(),
  'takes letters without their marks': name => name.normalize('NFD').replace(/\p{M}/gu, ''),
  'takes letters for those that they are compatible with': name => name.normalize('NFKC'),
  'puts marks in order': name => name.normalize('NFD'),
  'takes æ for ae': name => name.replaceAll('æ', 'ae'),
  'takes hiragana for katakana': name => name.replaceAll('か', 'カ'),
  'takes a dash for a hyphen': name => name.replaceAll('–', '-'),
  'takes the colour off a hand': name => name.replace(/[\u{1f3fb}-\u{1f3ff}]/gu, ''),
  'takes no notice of a soft hyphen': name => name.replaceAll('\u00ad', ''),
  'takes no notice of a variation': name => name.replace(/[\ufe00-\ufe0f]/g, ''),
  'takes no notice of a variation beyond 16 bits': name => name.replace(/[\u{e0100}-\u{e01ef}]/gu, ''),
  'takes no notice of what joins': name => name.replace(/\u200c|\u200d|\u2060/g, ''),
  'takes no notice of directions': name => name.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ''),
  'takes no notice of tags': name => name.replace(/[\u{e0000}-\u{e007f}]/gu, ''),
  'takes U+00A0 for a blank': name => name.replaceAll('\u00a0', ' '),
  'takes every blank for one': name => name.replace(/\p{Zs}/gu, ' '),
  'takes several blanks for one': name => name.replace(/ +/g, ' '),
  'takes a letter of private use for U+FFFD': name => name.replaceAll('\ue000', '\ufffd'),
  'takes every letter of private use for U+FFFD': name => name.replace(/\p{Co}/gu, '\ufffd'),
  'leaves out what is no character': name => name.replace(/[\ufdd0-\ufdef\ufffe\uffff]/g, ''),
  'takes what is no character for U+FFFD': name => name.replace(/[\ufdd0-\ufdef\ufffe\uffff]/g, '\ufffd'),
  'leaves out what is not assigned': name => name.replace(/\p{Cn}/gu, ''),
  'takes U+2028 for a newline': name => name.replaceAll('\u2028', '\n'),
  'takes U+2029 for U+2028': name => name.replaceAll('\u2029', '\u2028'),
  'takes U+0085 for a newline': name => name.replaceAll('\u0085', '\n'),
  'takes U+000D for a newline': name => name.replaceAll('\r', '\n'),
  'takes U+000D U+000A for a newline': name => name.replaceAll('\r\n', '\n'),
  'takes a tab for a blank': name => name.replaceAll('\t', ' '),
  'keeps 16 bits of a letter': sixteenBits,
  'keeps 8 bits of a letter': name =>
    Array.from(name, letter => String.fromCharCode(letter.charCodeAt(0) & 0xff)).join(''),
  'keeps 7 bits of a byte': name =>
    Array.from(name, letter => (letter < '\u0100' ? String.fromCharCode(letter.charCodeAt(0) & 0x7f) : letter)).join(
      '',
    ),
  'keeps no letter beyond 16 bits': name => name.replace(/[\u{10000}-\u{10ffff}]/gu, '\ufffd'),
  'keeps letters in bytes of Windows': name => name.replaceAll('\u0080', '€').replaceAll('Ã©', 'é'),
  'drops U+007F': name => name.replaceAll('\u007f', ''),
  'drops U+0080 to U+009F': without(code => code >= 0x80 && code < 0xa0),
  'drops U+0001 to U+001F': without(code => code < 0x20),
  'drops U+001B': name => name.replaceAll('\u001b', ''),
  'drops $ at the beginning': name => name.replace(/^\$/, ''),
  'drops @ at the beginning': name => name.replace(/^@/, ''),
  'drops ! at the end': name => name.replace(/!$/, ''),
  'drops marks around a name': name => name.replace(/^[^\p{L}\p{N}]+(?=.)/u, ''),
  'takes null for nothing': name => (name === 'null' ? '' : name),
  'takes undefined for nothing': name => (name === 'undefined' ? '' : name),
  'takes NULL for null': name => name.replace(/^null$/i, 'null'),
  'takes 01 for 1': name => name.replace(/0+(?=\d)/g, ''),
}
