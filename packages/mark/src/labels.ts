/** Under this label a manifest claims what draws its picture again. */
export const PARAMETERS_LABEL = "io.github.drum-js.parameters";
