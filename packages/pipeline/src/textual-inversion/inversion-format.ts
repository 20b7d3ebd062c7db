import { weightsKind } from "@drum/formats";
import { CheckpointError, shown, shownNames, type TensorSource } from "@drum/tensor";

/** The contents of a textual inversion's file. */
export interface InversionFormat {
	/** The token in the file. Undefined if the token is the file's name. */
	readonly token: string | undefined;
	/** The tensors, each with its encoder, or undefined if only its width shows the encoder. */
	readonly parts: readonly { readonly encoder: string | undefined; readonly tensor: string }[];
}

/** Tensors of files with one for each encoder, as diffusers' and other trainers name them. */
const ENCODERS: Readonly<Record<string, string>> = { clip_l: "L", clip_h: "H", clip_g: "bigG", t5: "T5", t5xxl: "T5" };
/** A1111's tensor names, which are not tokens. The second one comes from converted pickles. */
const NAMELESS = /^(emb_params|string_to_param(\.\*)?)$/;

/**
 * Recognises a file's format: one tensor with the token as its name, as in diffusers; A1111's `emb_params`; or one tensor for each encoder.
 * @throws CheckpointError for a file of another kind
 */
export function inversionFormat(file: TensorSource): InversionFormat {
	const names = [...file.names()];
	const places = names.map((name) => [name, file.get(name)!] as const);
	const odd = places.find(([, { dims, type }]) => dims.length < 1 || dims.length > 2 || !/float/.test(type));
	if (names.length > 0 && !odd && names.every((name) => Object.hasOwn(ENCODERS, name))) {
		return { token: undefined, parts: names.map((tensor) => ({ encoder: ENCODERS[tensor], tensor })) };
	}
	const [tensor] = names;
	if (tensor !== undefined && names.length === 1 && !odd) {
		return { token: NAMELESS.test(tensor) ? undefined : tensor, parts: [{ encoder: undefined, tensor }] };
	}
	const kind = weightsKind(file);
	const isOther = names.length > 0 && kind !== undefined && !/textual inversion/.test(kind.is);
	throw new CheckpointError({
		what: `textual inversion ${file.name}`,
		expected: "one tensor [vectors, width], or one for each encoder: clip_l, clip_g, t5",
		...(isOther && { next: kind.next }),
		found: odd
			? `${shown(odd[0])}, ${odd[1].type} [${odd[1].dims.join(", ")}]`
			: isOther
				? kind.is
				: `${names.length} tensors${names.length > 0 ? `: ${shownNames(names)}` : ""}`,
	});
}
