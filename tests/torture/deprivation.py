def deprive(*a):
    pass
