"""What a reader can move: widgets and explorers, brought to life by the scripts in assets."""
