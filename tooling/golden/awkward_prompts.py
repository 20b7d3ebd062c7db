"""Prompts that a tokenizer is likely to get wrong."""

PLAIN = [
    "", " ", "   ", "\t", "\n", "\r\n", "a", "A", "!", ".", "'", '"', "a photo of a cat", "A Photo Of A CAT", "  a  photo   of a cat  ",
    "a photo\nof a cat", "a photo\tof\ta cat", "a\r\nb", "a\u00a0b", "a\u2003b\u2009c", "a\u3000b", "a\u200bb", "a\ufeffb", "\ufeffa cat", "a\u2028b\u2029c",
    "a\u0085b", "a\u000bb\u000cc", "a\u0000b", "a\u0001b\u001fc", "a\u007fb", "a\u00adb", "a\u200eb\u200fc", "a\u2060b", "a\ufffdb", "\ufffe",
]
CONTRACTIONS = [
    "it's", "IT'S", "don't", "we'll", "they've", "I'm", "you're", "she'd", "'s", "'S", "s'", "rock 'n' roll", "it\u2019s", "don\u2019t", "''s", "o'clock",
    "'tis", "'lls", "y'all'd've", "x's's", "'re're", "the dog's bone's 'end'", "'D'LL'M",
]
NUMBERS = [
    "1", "12", "123", "1234567890", "3.14", "1,000,000", "1/2", "\u00bd", "\u2460", "\u00b2", "x\u00b2+y\u00b3", "\u0664\u0662", "\u216b", "\u4e09\u5341", "10th 21st", "4k uhd 8K", "f/1.8 50mm",
    "iso100", "24-70mm", "#1", "$5.99", "50%", "-5\u00b0C", "1e-5", "0x1F", "2020s", "a1b2c3", "\U0001d7d8\U0001d7d9", "\u09e7\u09e8",
]
PUNCTUATION = [
    "hello, world!", "a (masterpiece:1.2), best quality", "((cat))", "[dog]", "{x|y}", "<lora:foo:0.8>", "a--b", "a\u2014b", "a\u2013b", "...", "\u2026", "!!!???", "?!", "a_b_c",
    "snake_case_word", "foo@bar.com", "https://example.org/a?b=c&d=e#f", "C:\\path\\file", "~/x", "`code`", "**bold**", "a*b", "x=y", "\u00abquoted\u00bb", "\u201cquoted\u201d", "\u2018q\u2019",
    "\u00a9\u00ae\u2122", "\u00a7 5", "\u2190\u2192", "\u00d7\u00f7\u00b1", "\u20ac100", "\u00a3\u00a5", "|", "a|b", "^_^", ":-)", "</w>", "a</w>", "cat</w> dog", "\u0120a", "\u00e2\u0080\u0099",
]
ENTITIES = ["&amp;", "&lt;b&gt;", "&quot;x&quot;", "a &amp;amp; b", "&#39;s", "&eacute;", "AT&T", "&nbsp;", "&", "&notanentity;", "&#x1F600;"]
ACCENTS = [
    "caf\u00e9", "cafe\u0301", "CAF\u00c9", "\u00c5ngstr\u00f6m", "A\u030angstro\u0308m", "\u212b", "na\u00efve", "\u00fcber stra\u00dfe", "STRASSE \u1e9e", "\u0130stanbul", "\u0131\u0049i", "\u01c5", "\u01f1", "\ufb01ne", "\ufb03",
    "\u1e69", "s\u0323\u0307", "s\u0307\u0323", "o\u0302\u0301", "\u1ed1", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u039f\u0394\u039f\u03a3", "\u0416\u0443\u043a", "\u0439", "\u0438\u0306", "\u1e9b\u0323", "\u2126", "\u00b5m \u03bcm",
    "z\u0335\u0321\u0322a\u0315\u031bl\u0321g\u0322o", "\u0300", "a\u0300\u0301\u0302\u0303", "\uff21\uff22\uff23", "\uff43\uff41\uff54", "\u210c\u2102", "\U0001d400\U0001d401", "\u24d0\u24d1",
]
SCRIPTS = [
    "\u732b", "\u732b\u304c\u5ea7\u3063\u3066\u3044\u308b", "\u4e00\u53ea\u732b\u548c\u4e00\u53ea\u72d7", "\u30ab\u30bf\u30ab\u30ca", "\uff76\uff9e", "\u30ac", "\u30ab\u3099", "\ud55c\uad6d\uc5b4 \uace0\uc591\uc774", "\u1112\u1161\u11ab", "\u0642\u0637\u0629 \u062c\u0645\u064a\u0644\u0629", "\u05d7\u05ea\u05d5\u05dc", "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd",
    "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0e41\u0e21\u0e27\u0e2a\u0e35\u0e14\u0e33", "\u10d9\u10d0\u10e2\u10d0", "\u13a0", "\uab70", "\u1f88\u1fbc", "\u1200\u1208", "\U00020000\U0002a6d6", "\U00010400\U00010428", "\U00013000", "\u202eabc\u202c", "cat\u732bdog", "\uf900 \u8c48",
]
EMOJI = [
    "\U0001f600", "\U0001f600\U0001f600", "a\U0001f600b", "cat \U0001f408 on mat", "\U0001f44d\U0001f3fd", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f", "\u2764", "\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3", "\U0001f3f4\u200d\u2620\ufe0f",
    "\u2600\ufe0e", "\U0001f9d1\U0001f3ff\u200d\U0001f52c", "\U0001fae0", "\u2b50\u2728",
]
SPECIAL = [
    "<|endoftext|>", "<|startoftext|>", "a cat<|endoftext|> a dog", "<|endoftext|><|endoftext|>", "<|ENDOFTEXT|>", "< |endoftext| >", "<|endoftext", "<|startoftext|>a<|endoftext|>", "a<|startoftext|>b", "<|pad|>", "endoftext",
]
LONG = [
    "cat " * 100, "a" * 300, "supercalifragilisticexpialidocious " * 12, ", ".join(["highly detailed", "sharp focus", "8k"] * 15), "\U0001f600" * 60, "\u732b" * 80,
    " ".join(["word"] * 75), " ".join(["word"] * 76), " ".join(["word"] * 74), "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis", "!" * 100, "1" * 100, "abcdefghijklmnopqrstuvwxyz" * 5,
]

PROMPTS = [*PLAIN, *CONTRACTIONS, *NUMBERS, *PUNCTUATION, *ENTITIES, *ACCENTS, *SCRIPTS, *EMOJI, *SPECIAL, *LONG]
