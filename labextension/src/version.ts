/** The version of the extension; the Python package has the same one (tested). */
export const VERSION = '0.1.0';
