/** Many changes, one redraw: work is done once before the next frame is painted. */

export class NextFrame {
  private request = 0;
  private waiting = false;

  constructor(private readonly work: () => void) {}

  ask(): void {
    if (!this.waiting) {
      this.waiting = true;
      this.request = requestAnimationFrame(() => {
        this.waiting = false;
        this.work();
      });
    }
  }

  cancel(): void {
    if (this.waiting) {
      cancelAnimationFrame(this.request);
      this.waiting = false;
    }
  }
}
