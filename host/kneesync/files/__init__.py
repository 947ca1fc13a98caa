"""Files written whole or not at all, by the library and where the user says."""
