/* Not used. Homepage wants the file to exist when its configuration is read-only. */
