"""Cut detections out of their recordings, as sound files for people. (Clips for training are in `clips`.)"""

from detector.cutouts.cutter import MARGIN_S, ClipCutter, Cutting, cut_rows

__all__ = ["MARGIN_S", "ClipCutter", "Cutting", "cut_rows"]
