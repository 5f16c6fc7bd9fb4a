explorer.start();
