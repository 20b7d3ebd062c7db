import { DrumError } from "@drum/tensor";
import type { Command } from "commander";

/** What the packages call otherwise than the command line does, by the name of its option there. */
const CALLED: Readonly<Record<string, string>> = {
	numInferenceSteps: "steps",
	numImagesPerPrompt: "images",
	textualInversions: "textualInversion",
	loras: "lora",
	temporaryFolder: "out",
};

/** Options that the command line takes from the environment. */
const VARIABLES: Readonly<Record<string, string>> = { apiKey: "OPENAI_API_KEY", baseUrl: "OPENAI_BASE_URL" };

/** A name of several words, and what is never a word of its own; not as a part of a path or between quotes. */
const NAMES = /(?<![\w/\\."'-])(?:[a-z]+(?:[A-Z][a-z0-9]*)+|loras)(?![\w/\\"'-]|\.\w)/g;

/** The flags of the command that runs, which its errors and warnings tell in place of the packages' options: `--half-life`, not `halfLife`. */
export class Flags {
	command: Command | undefined;

	/** An error's message. */
	told({ code, what, expected, found, next }: DrumError): string {
		const given = this.command?.getOptionValueSource(what) === "cli" ? this.#flag(what) : undefined;
		return new DrumError(code, {
			what: given ?? this.#variable(what, next) ?? this.in(what),
			...(expected && { expected: this.in(expected) }),
			// What was found is the user's own words, but for this.
			...(found && { found: this.#options(found) }),
			...(next && { next: this.in(next) }),
		}).message;
	}

	/** A text of the packages as the command line would say it. */
	in(text: string): string {
		const flag = (name: string) => this.#flag(name);
		return this.#options(text)
			.replace(/encoders: \{ ([^}]*) \}/g, (whole, places: string) => {
				const encoder = flag("encoder");
				return encoder ? places.replace(/(\w+): /g, `${encoder} $1=`).replaceAll(",", "") : whole;
			})
			.replace(/^(\w+)(?= has no effect)/, (name) => flag(name) ?? name)
			.replace(/\bby (\w+)(?=$|[.,;])/g, (whole, name: string) => (flag(name) ? `by ${flag(name)}` : whole))
			.replace(NAMES, (name) => flag(name) ?? name);
	}

	/** Where a text says `the option …`; one that the command line does not have is left out. */
	#options(text: string): string {
		return text
			.replace(/ or the option (\w+)/g, (_, name: string) => (this.#flag(name) ? ` or ${this.#flag(name)}` : ""))
			.replace(/the option (\w+)/g, (whole, name: string) => this.#flag(name) ?? whole);
	}

	/** The environment variable that an option is read from. `next` names it where two options are called the same. */
	#variable(what: string, next = ""): string | undefined {
		if (!Object.hasOwn(VARIABLES, what)) return undefined;
		return /^Set ([A-Z]+_API_KEY)\b/.exec(next)?.[1] ?? VARIABLES[what];
	}

	#flag(name: string): string | undefined {
		const own = Object.hasOwn(CALLED, name) ? CALLED[name] : name;
		const options = this.command?.options.filter((option) => option.attributeName() === own) ?? [];
		return (options.find(({ negate }) => !negate) ?? options[0])?.long;
	}
}
