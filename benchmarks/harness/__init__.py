"""What measures: it starts servers, sends them requests, and takes times, processor and memory."""
