/** Where a run departs from the paper's evaluation, and why. */
export const DIFFERENCES: readonly string[] = [
	"The users are made up, with a taste that is known; the paper's are 3,115 of PIP and 610 of MovieLens. A taste is one or two of colour, pattern and style; about four in five prompts ask for it.",
	"Two targets a user, as in the paper. There they are the two newest entries; here they are made like an entry that asks for the whole taste, and then the taste is left out: what is to be seen is whether the profile puts it in. The scores are to these open prompts.",
	"Figure 7 in the paper leads from one prompt to another; here the degree leads from a prompt to a profile.",
	"Intensities go by how much of the taste a prompt asks for, with some chance. They weigh the coreset (Algorithm 1 has P in it), the guidance and the scores. The paper has none for PIP, and for MovieLens it uses them in guidance and scores alone.",
	"A history of 20 to 40 prompts gives a coreset of two to four at 10 %. The paper's histories go up to 4,700 prompts.",
	"Nothing in the paper or its published code says what stands in for guidance when it is left out. Section 4.4 speaks of one softmax over all conditions' tokens, in which the target weighs about what each reference does: here target and references all get the same share, α = n / (n + 1), and intensities are left out.",
	"CLIP score is by the model's own CLIP, whose text encoder also makes the condition; the paper does not name the CLIP that it scores Stable Diffusion 1 with. Text align is in the space of the personalised encoder, as in the paper.",
	"This CLIP sets unlike captions near 0, so the history's scores start lower than the paper's, and a gain of the same size makes a larger Imp.",
	"FABRIC, TV and PMG are not run: they need language models or the pictures of the history. There is one foundation model, not four.",
	"Pictures are of 64 × 64 with the model's own sampler and guidance; seeds are the same for all methods.",
	"One picture is drawn for each target. Figure 3 is of conditions alone, as in the paper.",
];
