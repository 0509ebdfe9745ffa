"""The compiled engine, ``pip install "scalewidgets[fast]"``: the same numbers sooner.

NumPy is the engine of record. What is here follows its rules in machine code for the laws and objectives it
knows (:func:`.choice.declined` says which it does not), and every fit's certificate says which engine
computed it. Objectives agree to 1e-12. Both engines end with a Newton step without damping, so that
coefficients agree too along the flat valleys of a sum of power laws: to 3e-13 in 4,000 resamples of the 240
Chinchilla points, to 5e-11 where the runs do not determine a law. Tests ask for 1e-9.

One thread computes, without Python's lock; nothing here starts threads of its own.
"""
