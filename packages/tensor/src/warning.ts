/**
 * - `transparency`: a picture to begin from, or a mask, is transparent in parts.
 * - `prompt-cut`: the end of a prompt did not fit into an encoder's tokens.
 * - `syntax-unsupported`: a prompt has syntax of another program that has no effect here.
 * - `alpha-unused`: a degree of personalisation was given without a profile that it could act on.
 * - `dislikes-unused`: a profile has dislikes, and the call has no negative condition that they could steer.
 * - `option-unused`: an option was given that has no effect together with the others, or with this model.
 * - `cache-coarse`: a cache leaves out so much of a run's work that the picture suffers.
 * - `size-rounded`: a picture's size was rounded to one that the model can draw.
 * - `component-unused`: a checkpoint lists a part that nothing here runs.
 * - `weights-unused`: a checkpoint holds tensors that its configuration does not speak of.
 * - `lora-unused`: a LoRA's file holds tensors that belong to no layer of the model.
 * - `prediction-assumed`: a file does not say whether its model predicts v or noise, and one was assumed.
 * - `safety-checker`: a checkpoint names a safety checker, and none is run.
 * - `picture-refused`: a caller's `onImage` refused a picture, which is black now.
 * - `hub-unreachable`: the hub gave no usable answer, and files of the cache are used as they are.
 * - `not-cached`: a browser keeps nothing of what is fetched for this page, and it is fetched again the next time.
 * - `token-refused`: the hub does not accept the access token, and went on without it.
 * - `token-in-clear`: an access token goes to another machine over a connection that is not encrypted.
 * - `weights-twice`: a component has two sets of weights, and the one that diffusers takes was taken.
 * - `no-intensities`: a file of a history has columns or fields, but none that tells how much a prompt was liked.
 * - `device`: a device computes an operator wrong or not at all, or not in half precision, and another way is taken.
 */
export type WarningCode =
	| "transparency"
	| "prompt-cut"
	| "syntax-unsupported"
	| "alpha-unused"
	| "dislikes-unused"
	| "option-unused"
	| "cache-coarse"
	| "size-rounded"
	| "component-unused"
	| "weights-unused"
	| "lora-unused"
	| "prediction-assumed"
	| "safety-checker"
	| "picture-refused"
	| "hub-unreachable"
	| "not-cached"
	| "token-refused"
	| "token-in-clear"
	| "weights-twice"
	| "no-intensities"
	| "device";

/** Something that was cut, left out or replaced, where going on is right and saying nothing is not. */
export interface Warning {
	readonly code: WarningCode;
	/** The thing, named as the user knows it: an option, a prompt, a file. */
	readonly what: string;
	/** What happened, and what can be done, as one or two sentences that stand on their own. */
	readonly message: string;
}
