"""Who may see and do what at the meeting place, one module per part."""
