/** The icon: axes, a falling curve, two runs on it. Takes JupyterLab's icon colour in every theme. */
import type { LabIcon } from '@jupyterlab/ui-components';

// The lines' "no fill" is a style: JupyterLab paints every `fill` attribute in the icon colour.
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3" style="fill: none" stroke="#616161" stroke-width="1.75"
     stroke-linecap="round" stroke-linejoin="round">
    <path d="M4 3v17h17"/>
    <path d="M6.5 5.5c1.2 7 5 9.6 13.5 10.4"/>
  </g>
  <g class="jp-icon3" fill="#616161">
    <circle cx="8.3" cy="10.7" r="2.1"/>
    <circle cx="14.2" cy="14.9" r="2.1"/>
  </g>
</svg>`;

let icon: LabIcon | undefined;

/** Return the icon if it has been loaded. */
export function scalingLawIcon(): LabIcon | undefined {
  return icon;
}

/** Load the icon: late, so that a host whose page lacks the icon library still gets everything else. */
export async function loadIcon(): Promise<void> {
  const { LabIcon } = await import('@jupyterlab/ui-components');
  icon ??= new LabIcon({ name: 'scalewidgets:scaling-law', svgstr: SVG });
}
