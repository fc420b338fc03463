"""For people who check: a sample audit of detections, and what its verdicts say of all of them."""
