import { isSource, REPOSITORY_OPTIONS, sourceName, type WeightsSource } from "@drum/hub";
import type { Encoders } from "@drum/peca";
import { ArgumentError, checkNames, type LearnedToken, loadPart, shown } from "@drum/tensor";
import type { OneFileOptions } from "../sources/one-file.ts";

export interface TextualInversionOptions extends OneFileOptions {
	/** The token in prompts. Default: the token that the file names, or, for A1111's formats without one, the file's name. */
	token?: string | undefined;
	/** The encoder that learns it, such as `"L"`. Default: the encoders that the file names, or else the first one of the same width. */
	encoder?: string | undefined;
}

/** A textual inversion that a pipeline has. */
export interface LoadedTextualInversion {
	readonly token: string;
	/** Its source, as given to `loadTextualInversion`. */
	readonly source: string;
	/** How many tokens of a prompt it takes. */
	readonly vectors: number;
	/** The names of the encoders that have learned it. */
	readonly encoders: readonly string[];
}

/** A textual inversion, and what each encoder learns from it. */
type Learned = LoadedTextualInversion & { readonly rows: Readonly<Record<string, LearnedToken>> };

/** The textual inversions that encoders have learned. */
export class TextualInversions {
	readonly #encoders: Encoders;
	readonly #names: readonly string[];
	#loaded: readonly Learned[] = [];

	/** @param names all encoders of the model. Rows for encoders that are not open are skipped. */
	constructor(encoders: Encoders, names: readonly string[] = Object.keys(encoders)) {
		this.#encoders = encoders;
		this.#names = names;
	}

	get loaded(): readonly LoadedTextualInversion[] {
		return this.#loaded.map(told);
	}

	/**
	 * Opens and checks a textual inversion, and then gives it to the encoders, within `inTurn`.
	 * @throws what `loadTextualInversion` of a pipeline throws
	 */
	async add(
		source: WeightsSource,
		options: TextualInversionOptions,
		inTurn: <T>(change: () => Promise<T>) => Promise<T> = (change) => change(),
	): Promise<LoadedTextualInversion> {
		checkNames("loadTextualInversion", options, ["token", "encoder", "weightName", ...REPOSITORY_OPTIONS]);
		const { token: asked, encoder, ...opening } = options;
		if (!isSource(source)) {
			const expected = "a textual inversion's place: a .safetensors file, a folder or a hub id";
			throw new ArgumentError({ what: "loadTextualInversion", expected, found: shown(source) });
		}
		for (const [what, value] of Object.entries({ token: asked, encoder })) {
			if (value === undefined || typeof value === "string") continue;
			throw new ArgumentError({ what, expected: "a string", found: shown(value) });
		}
		const models = { encoders: this.#encoders, names: this.#names };
		const { readInversion } = await loadPart(() => import("./read-inversion.ts"));
		const { token, rows, vectors } = await readInversion(source, opening, models, { token: asked, encoder });
		for (const name of Object.keys(rows)) {
			if (this.#encoders[name]!.learn) continue;
			const found = `encoder ${name} (${this.#encoders[name]!.name}) without it`;
			const expected = "an encoder with the method learn";
			const next = `Open the checkpoint with its own encoder ${name}`;
			throw new ArgumentError({ what: "loadTextualInversion", expected, found, next });
		}
		const loaded = {
			token,
			source: sourceName(source),
			vectors,
			encoders: this.#names.filter((name) => rows[name]),
			rows,
		};
		await inTurn(() => this.#become([...this.#loaded, loaded]));
		return told(loaded);
	}

	/** @throws ArgumentError for a token that is not loaded */
	async unload(token: string): Promise<void> {
		const left = this.#loaded.filter((each) => each.token !== token);
		if (left.length < this.#loaded.length) return this.#become(left);
		const known = this.#loaded.map((each) => each.token).join(", ");
		const expected = known ? `one of ${known}` : "a token that is loaded";
		throw new ArgumentError({ what: "token", expected, found: known ? shown(token) : "none" });
	}

	/** Gives each encoder what it learns. If one refuses, all keep what they had. */
	async #become(loaded: readonly Learned[]): Promise<void> {
		const changed = Object.entries(this.#encoders).flatMap(([name, encoder]) => {
			const tokens = loaded.flatMap(({ rows }) => rows[name] ?? []);
			const before = encoder.learnedTokens ?? [];
			return tokens.length === before.length ? [] : [{ encoder, tokens, before }];
		});
		const done: typeof changed = [];
		try {
			for (const each of changed) {
				await each.encoder.learn!(each.tokens);
				done.push(each);
			}
		} catch (error) {
			for (const { encoder, before } of done) await encoder.learn!(before);
			throw error;
		}
		this.#loaded = loaded;
	}
}

function told({ token, source, vectors, encoders }: Learned): LoadedTextualInversion {
	return { token, source, vectors, encoders };
}
