/**
 * - `prompt-cut`: the end of a prompt did not fit into an encoder's tokens.
 * - `alpha-unused`: a degree of personalisation was given without a profile that it could act on.
 * - `weights-unused`: a checkpoint holds tensors that its configuration does not speak of.
 * - `safety-checker`: a checkpoint names a safety checker, and none is run.
 */
export type WarningCode = "prompt-cut" | "alpha-unused" | "weights-unused" | "safety-checker";

/** Something that was cut, left out or replaced, where going on is right and saying nothing is not. */
export interface Warning {
	readonly code: WarningCode;
	/** The thing, named as the user knows it: an option, a prompt, a file. */
	readonly what: string;
	/** What happened, and what can be done, as one or two sentences. */
	readonly message: string;
}
