/** Awkward prompts by number: the same seed gives the same prompts, whatever is asked for. */
export function awkwardPrompts(seed: number, count: number): string[] {
	return Array.from({ length: count }, (_, i) => awkwardPrompt(randomOf(seed * 1_000_003 + i)));
}

type Random = () => number;
type Source = (random: Random) => string;

const WORDS =
	"a an the cat dogs photo of beautiful painting squirrel eating burger highly detailed 8k masterpiece trending on artstation " +
	"it's don't we'll they've I'm you're she'd 'twas rock'n'roll O'Neill's café naïve Straße ΟΔΥΣΣΕΥΣ Σίσυφος İstanbul DŽungla " +
	"ﬁne ﬃ Å Å é cat猫dog 猫が座っている 한국어 고양이 한 кошка ЁЖ קָטָן قطة हिन्दी க்ஷ แมวสีดำ ქართული ԱՐԵՎ ᏣᎳᎩ ᾈΑΙ ǅ ⅷ ⅓ ㎏ ｆｕｌｌ ｶﾞ カ゛ ℌ 𝒜𝟘 𐐀𐐨 " +
	"antidisestablishmentarianism C++ C# f/1.8 24-70mm (masterpiece:1.2) ((cat)) [dog] {x|y} <lora:foo:0.8> a--b snake_case https://example.org/?q=1&r=2 " +
	"&amp; 100% $5.99 ½ ² Ⅻ ٤٢ 三十 ... !!! ?! !a a! :-) \\ ` ~ ^_^ © ™ — … «q» “q” ‘q’ ▁ ▁▁a a▁b Ġa </w> cat</w> _1";
const TOKENS = [
	...[
		"<|startoftext|>",
		"<|endoftext|>",
		"<|STARTOFTEXT|>",
		"<|EndOfText|>",
		"< |endoftext| >",
		"<|endoftext",
		"<|pad|>",
	],
	...[
		"</s>",
		"<pad>",
		"<unk>",
		"<s>",
		"</S>",
		"<PAD>",
		"<extra_id_0>",
		"<extra_id_7>",
		"<extra_id_99>",
		"<extra_id_100>",
	],
	...[
		"<cat-toy>",
		"<CAT-TOY>",
		"<cat-toy>_1",
		"<Cat>",
		"<cat>",
		"<CAT>",
		"plainword",
		"Plainword",
		"plainwords",
		"aplainword",
	],
	...[
		"<left>",
		"<right>",
		"<both>",
		"<word>",
		"<word>s",
		"Öl",
		"öl",
		"two words",
		"TWO  WORDS",
		"!",
		"!!",
		"[PAD]",
		"é<cat>",
	],
];
const SPACES =
	" \t\n\r\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";
const INVISIBLE =
	"\u00ad\u034f\u061c\u115f\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2064\u2066\u2069\ufe0e\ufe0f\ufeff\ufffd\uffff";
const EMOJI = "😀 👍🏽 👨‍👩‍👧 ❤️ ❤ 🇩🇪 🇩 1️⃣ 🏴‍☠️ 🧑🏿‍🔬 🫠 ⭐ 🏴󠁧󠁢󠁥󠁮󠁧󠁿".split(" ");
const words = WORDS.split(" ");

const SOURCES: readonly (readonly [weight: number, source: Source])[] = [
	[30, (random) => cased(random, one(random, words))],
	[12, (random) => one(random, TOKENS)],
	[10, (random) => one(random, [...SPACES]).repeat(1 + below(random, 3))],
	[5, (random) => one(random, [...INVISIBLE])],
	[4, (random) => String.fromCharCode(below(random, 0xa0))],
	[6, (random) => one(random, EMOJI)],
	[4, (random) => String(below(random, 100_000))],
	[5, (random) => String.fromCharCode(33 + below(random, 94)).repeat(1 + below(random, 4))],
	// Marks, alone and in heaps.
	[
		4,
		(random) =>
			`${one(random, words)}${String.fromCodePoint(0x300 + below(random, 0x70), 0x300 + below(random, 0x70))}`,
	],
	// A stretch of any script, and anything at all, unpaired surrogates too.
	[6, (random) => stretch(random, below(random, 0x3400))],
	[4, (random) => stretch(random, 0x3400 + below(random, 0xcc00))],
	[3, (random) => stretch(random, 0x10000 + below(random, 0x22000))],
	[2, (random) => String.fromCodePoint(below(random, 0x110000))],
	[1, (random) => one(random, words).repeat(1 + below(random, 40))],
];
const WHOLE = SOURCES.reduce((sum, [weight]) => sum + weight, 0);

function awkwardPrompt(random: Random): string {
	const parts = 1 + below(random, random() < 0.1 ? 120 : 12);
	const glued = random() < 0.4;
	let prompt = "";
	for (let i = 0; i < parts; i++) {
		if (i > 0 && !(glued || random() < 0.3)) prompt += " ";
		prompt += sourceAt(random() * WHOLE)(random);
	}
	return prompt;
}

/** The source in whose share of the whole weight a number lies. */
function sourceAt(place: number): Source {
	let rest = place;
	for (const [weight, source] of SOURCES) {
		rest -= weight;
		if (rest < 0) return source;
	}
	return SOURCES[0]![1];
}

function cased(random: Random, word: string): string {
	const how = random();
	return how < 0.7 ? word : how < 0.85 ? word.toUpperCase() : word.slice(0, 1).toUpperCase() + word.slice(1);
}

function stretch(random: Random, from: number): string {
	return Array.from({ length: 1 + below(random, 5) }, () => String.fromCodePoint(from + below(random, 40))).join("");
}

function one<T>(random: Random, list: readonly T[]): T {
	return list[below(random, list.length)]!;
}

function below(random: Random, limit: number): number {
	return Math.floor(random() * limit);
}

/** Mulberry32. */
function randomOf(seed: number): Random {
	let state = seed | 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}
