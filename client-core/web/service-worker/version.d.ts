/** What `build/shell.ts` found in the folder of the page that it built. */
declare module "virtual:shell" {
  /** Of exactly these files: another build has another one. */
  export const version: string;
  /** All files of the page. */
  export const files: readonly {
    readonly path: string;
    /** What its bytes must hash to. */
    readonly integrity: string;
    /** Whether it is kept only once somebody needs it. */
    readonly later: boolean;
  }[];
}
