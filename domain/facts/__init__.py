"""Facts of the world: what hubs assert, in any order, often late. A fact is never refused for what came before."""
